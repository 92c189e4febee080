import type {OutputStream} from '../docker/demultiplexer.js'
import type {Engine} from '../docker/engine.js'
import {RefusedOptionError, reason} from '../errors.js'
import type {CreatedContainer, Host} from '../pipeline/contract.js'
import {loadDatagramSenders, type OpenDatagramSender} from '../systemd/datagram-socket.js'
import {JOURNAL_SOCKET, NativeJournal} from '../systemd/native-journal.js'
import {syslogProperties, type SyslogProperties} from '../systemd/syslog-properties.js'
import {containerFields, parseFieldWishes, type DescribedContainer} from './container-fields.js'
import {EntryStream} from './entry-stream.js'
import {NativeEntries} from './native-entries.js'
import type {EntrySink} from './entry.js'
import {ownOutputs, type Outlet, type OutletMaker} from './outlet.js'
import {PrefixedLines} from './prefixed-lines.js'
import {priorityFrom} from './priority-of.js'
import {keepHeapSmall, keepMallocSmall} from './small-memory.js'
import {parseEntryRules, type EntryRules, type EntryWords} from './priority/parse.js'

const STREAMS = ['stdout', 'stderr'] as const
/** How many fields are named that are left out. */
const MOST_TOLD = 10
const NAMES = {stdout: 'standard output', stderr: 'standard error'} as const

/**
 * Gets ready to write a container's output to the journal natively, with fields of its own.
 *
 * @param logOptions what the line says by `--log-opt`
 * @param path journald's socket
 * @throws {RefusedOptionError} {@link BadValueError} where that cannot be
 */
export async function prepareNative(
  host: Host,
  words: EntryWords,
  logOptions: Readonly<Record<string, string>>,
  path = JOURNAL_SOCKET,
): Promise<OutletMaker['open']> {
  const {unit, env, engine, log} = host
  const rules = await parseEntryRules(words)
  const wishes = await parseFieldWishes(logOptions)
  const open = openerOfSenders()
  // Whether there is a journal is seen before anything is made.
  openJournal(open, new Map(), path).close()
  const leftOut = (fields: readonly string[]): void => {
    const more = fields.length > MOST_TOLD ? `, and ${String(fields.length - MOST_TOLD)} more` : ''
    log.warn(
      `labels and variables of the container are not in the journal, because they are too many or too long: ${fields.slice(0, MOST_TOLD).join(', ')}${more}`,
    )
  }
  return async (container, {signal, defer}) => {
    const [described, properties] = await Promise.all([
      describe(engine, container, signal),
      syslogProperties(unit, env, signal),
    ])
    // Of root journald believes the unit's name, also when this process is gone by the time that it looks.
    const name = unit?.manager === 'system' && process.getuid?.() === 0 ? unit.name : undefined
    const sink = new NativeEntries(openJournal(open, containerFields(described, wishes, name, leftOut), path))
    defer('let go of the journal', () => {
      sink.close()
    })
    keepMallocSmall()
    const {stdout, stderr} = streamsTo(sink, container, {words, rules, properties})
    const giveUp = (): void => {
      sink.close()
    }
    return {...outletOf(stdout, stderr), isNative: true, giveUp}
  }
}

/**
 * Gets ready to write a container's output to the unit's own standard output and error with its priority before each
 * line. Where that would be text, all goes as it comes.
 *
 * @param options those of the line for which it is done
 * @throws {BadValueError}
 */
export async function prepareStream(
  {unit, env, log}: Pick<Host, 'unit' | 'env' | 'log'>,
  words: EntryWords,
  options: readonly string[],
): Promise<OutletMaker['open']> {
  const rules = await parseEntryRules(words)
  const hasNoEffect = `${options.join(' and ')} ${options.length === 1 ? 'has' : 'have'} no effect`
  return async (container, {signal}) => {
    const properties = await syslogProperties(unit, env, signal)
    const own = ownOutputs()
    if (!properties.takesPrefix) {
      log.warn(`${hasNoEffect}, because the unit has SyslogLevelPrefix=no: leave that out, or set --logs=native`)
      return own
    }
    const {isJournal} = properties
    const streams = options.some((option) => option !== '--stderr-priority') ? STREAMS : (['stderr'] as const)
    const others = streams.filter((stream) => !isJournal[stream])
    if (others.length > 0)
      log.warn(
        `${hasNoEffect} on ${others.map((stream) => NAMES[stream]).join(' and ')}, because that is not the journal`,
      )
    if (others.length === streams.length) return own
    const made = streamsTo(new PrefixedLines(own), container, {words, rules, properties})
    return {
      ...outletOf(made.stdout, made.stderr),
      ...(isJournal.stdout ? {} : {stdout: own.stdout}),
      ...(isJournal.stderr ? {} : {stderr: own.stderr}),
    }
  }
}

/** How the entries of a container's streams are made. */
interface Making {
  readonly words: EntryWords
  readonly rules: EntryRules
  readonly properties: SyslogProperties
}

function streamsTo(
  sink: EntrySink,
  {tty}: CreatedContainer,
  {words, rules: {stderrPriority, readLevel, beginsEntry}, properties: {level, takesPrefix}}: Making,
): Readonly<Record<OutputStream, EntryStream>> {
  keepHeapSmall()
  const streamOf = (stream: OutputStream, otherwise: number): EntryStream => {
    const joins = beginsEntry === undefined ? undefined : {beginsEntry, takesPrefix}
    return new EntryStream(stream, {tty, joins, priorityOf: priorityFrom({otherwise, takesPrefix, readLevel})}, sink)
  }
  return {
    stdout: streamOf('stdout', level),
    stderr: streamOf('stderr', words.stderrPriority === undefined ? level : stderrPriority),
  }
}

function outletOf(stdout: EntryStream, stderr: EntryStream): Outlet {
  return {
    stdout,
    stderr,
    flush: async () => {
      await Promise.all([stdout.flush(), stderr.flush()])
    },
  }
}

function openerOfSenders(): OpenDatagramSender {
  const open = loadDatagramSenders()
  if (!('why' in open)) return open
  throw new RefusedOptionError(
    '--logs=native',
    `koffi cannot be loaded: ${open.why}; install systemd-docker with npm, without --omit=optional, or set --logs=stream`,
  )
}

function openJournal(open: OpenDatagramSender, fields: ReadonlyMap<string, string>, path: string): NativeJournal {
  try {
    return new NativeJournal(open, path, fields)
  } catch (error) {
    throw new RefusedOptionError(
      '--logs=native',
      `the journal cannot be reached at ${path}: ${reason(error)}; is systemd-journald.socket active?`,
    )
  }
}

async function describe(engine: Engine, {id}: CreatedContainer, signal: AbortSignal): Promise<DescribedContainer> {
  const found = await engine.inspect(id, signal)
  return {
    id,
    name: found?.name ?? '',
    imageName: found?.imageName ?? '',
    imageId: found?.image ?? '',
    labels: found?.labels ?? {},
    environment: found?.environment ?? [],
  }
}
