import type {Engine} from '../docker/engine.js'
import {RefusedOptionError, reason} from '../errors.js'
import type {CreatedContainer, Host} from '../pipeline/contract.js'
import {loadDatagramSenders, type OpenDatagramSender} from '../systemd/datagram-socket.js'
import {JOURNAL_SOCKET, NativeJournal} from '../systemd/native-journal.js'
import {syslogProperties} from '../systemd/syslog-properties.js'
import {containerFields, parseFieldWishes, type DescribedContainer} from './container-fields.js'
import {EntryStream} from './entry-stream.js'
import {NativeEntries} from './native-entries.js'
import type {Outlet, OutletMaker} from './outlet.js'
import {prefixPriority} from './priority-of.js'

/**
 * Gets ready to write a container's output to the journal natively, with fields of its own.
 *
 * @param logOptions what the line says by `--log-opt`
 * @param path journald's socket
 * @throws {RefusedOptionError} {@link BadValueError} where that cannot be
 */
export function prepareNative(
  host: Host,
  logOptions: Readonly<Record<string, string>>,
  path = JOURNAL_SOCKET,
): OutletMaker['open'] {
  const {unit, env, engine, log} = host
  const wishes = parseFieldWishes(logOptions)
  const open = openerOfSenders()
  // Whether there is a journal is seen before anything is made.
  openJournal(open, new Map(), path).close()
  const leftOut = (names: readonly string[]): void => {
    log.warn(
      `labels and variables of the container are not in the journal, because they are too many or too long: ${names.join(', ')}`,
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
    const streamOf = (stream: 'stdout' | 'stderr'): EntryStream =>
      new EntryStream(stream, container.tty, prefixPriority(properties.level, properties.takesPrefix), sink)
    return outletOf(streamOf('stdout'), streamOf('stderr'))
  }
}

function outletOf(stdout: EntryStream, stderr: EntryStream): Outlet {
  return {
    stdout,
    stderr,
    byLine: false,
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
