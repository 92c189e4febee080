import type {FoundContainer, Host, RunHooks} from '../pipeline/contract.js'
import {journalOutputs, nativeOutputs, type JournalOutputs} from '../systemd/journal-outputs.js'
import {engineJournal, isUnderUnit} from './engine-journal.js'
import {forwarding} from './forwarding.js'
import {entriesByEngine, entryOutlet} from './entry-outlet.js'
import {partsOf} from './parts.js'
import type {EntryWords} from './priority/parse.js'
import {wayInSight, type LogWay} from './way.js'

/**
 * The output of a run that stays is forwarded, unless the Engine writes it to the same journal anyway, by the line or
 * by its own configuration: each line is there once. A container that is there already has the log driver that it was
 * made with.
 *
 * @param said what `--logs` says, which holds
 */
export function whereItFits(
  host: Host,
  said: Exclude<LogWay, 'journal'> | undefined,
  words: EntryWords,
): Partial<RunHooks> {
  const {engine, env, log, unit} = host
  const stream = forwarding(host, entryOutlet(host, said === 'native', words))
  const parts = [engineJournal(host, false), entriesByEngine(host, words)]
  const journal: Partial<RunHooks> = {
    ...partsOf(() => parts),
    resident: () => 'neither --logs=journal nor --handover is set, with which it need not stay',
  }
  let outputs: JournalOutputs = 'none'
  let there: FoundContainer | undefined
  let chosen = stream
  let isTwice = false
  const choose = (driver: string | undefined, isUnderUnit: boolean): void => {
    const seen = wayInSight(said, {unit, outputs, driver, isUnderUnit})
    chosen = seen.way === 'journal' ? journal : stream
    isTwice = seen.isTwice
  }
  return {
    ...partsOf(() => [chosen]),
    async resolve(context) {
      const {request, signal} = context
      if (unit !== undefined) outputs = said === 'native' ? nativeOutputs() : journalOutputs(env)
      let driver: string | undefined = request.body.HostConfig.LogConfig.Type
      if (driver === '' && outputs !== 'none') {
        driver = (await engine.info(signal).catch(() => undefined))?.logDriver
        signal.throwIfAborted()
      }
      choose(driver, true)
      // What is to be started may be another one that is there already, whose output is forwarded.
      await stream.resolve?.(context)
      if (chosen === journal) await journal.resolve?.(context)
    },
    reconcile(context) {
      there = context.found
      return stream.reconcile?.(context)
    },
    create() {
      there = undefined
    },
    async start(context) {
      if (there !== undefined) choose(there.logDriver, isUnderUnit(there, unit))
      if (isTwice)
        log.warn(
          `the journal has each line of the container twice, because Docker's log driver is journald: set ${unit?.manager === 'system' ? '--logs=journal, or ' : ''}another --log-driver`,
        )
      await chosen.start?.(context)
    },
  }
}
