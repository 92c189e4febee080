import type {Readable} from 'node:stream'
import {isJournal} from '../log.js'
import type {CreatedContainer, Host} from '../pipeline/contract.js'
import {entriesOfEarlierInvocations} from '../systemd/journal-entries.js'
import {findJournalJoin} from './journal-join.js'
import type {LogJoin} from './log-join.js'

/**
 * Where Docker's log goes on after what earlier runs of the unit have written of this life of its container; nothing
 * where none has, or nobody knows, which is said.
 *
 * @param isNative the output goes to the journal wherever our standard output does
 * @param read Docker's log with its times, from the first moment to the second, both in milliseconds since 1970
 */
export async function joinEarlierRun(
  {engine, log, unit, env}: Pick<Host, 'engine' | 'log' | 'unit' | 'env'>,
  {id, tty}: CreatedContainer,
  isNative: boolean,
  read: (since: number, until: number) => Promise<Readable>,
  signal: AbortSignal,
): Promise<LogJoin | undefined> {
  const found = await engine.inspect(id, signal)
  if (unit === undefined || found === undefined) return undefined
  const {createdAt, startedAt} = found
  const hadIt = (endedAt: number): boolean => endedAt >= startedAt
  // A run that was killed right after its container was restarted has written of the lives before at most.
  const since = (endedAt: number): number => (hadIt(endedAt) ? createdAt : startedAt)
  const entries =
    isNative || isJournal(env, 1)
      ? await entriesOfEarlierInvocations(unit, env['INVOCATION_ID'], since, signal)
      : undefined
  if (entries?.entries.length === 0 && !hadIt(entries.endedAt)) return undefined
  const join = entries && (await findJournalJoin(entries, tty, read, found.finishedAt))
  signal.throwIfAborted()
  if (join === undefined)
    log.warn(
      `output of the container from before this start may be missing here, because the journal does not tell how far an earlier run of ${unit.name} forwarded it`,
    )
  return join
}
