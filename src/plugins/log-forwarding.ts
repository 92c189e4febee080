import type {Duplex, Readable} from 'node:stream'
import {isNotAttachable} from '../docker/engine.js'
import {forwardLog, forwardOutput} from '../docker/forward-output.js'
import {findJoin} from '../docker/log-join.js'
import {nothingWritten, type OutputTails} from '../docker/output-tail.js'
import {EngineUnreachableError, RefusedOptionError, reason} from '../errors.js'
import {defineRunPlugin, type CreatedContainer, type RunHooks} from '../pipeline/contract.js'
import type {UnitName} from '../systemd/unit.js'

/**
 * The container's output becomes ours, which systemd puts into the journal; with `-i` our input becomes the
 * container's.
 */
export const logForwarding = defineRunPlugin({
  name: 'log-forwarding',
  options: {
    logs: {
      kind: 'boolean',
      char: 'l',
      default: true,
      summary: "forward the container's output to the journal; --logs=false leaves it to Docker's log driver",
    },
  },
  setup({logs}, {engine, log, unit, handover}) {
    if (!logs) return undefined
    if (handover) return journalOfEngine(unit)
    let stdin = false
    let tails: OutputTails | undefined
    let open: Readable | undefined
    let forwarded: Promise<void> | undefined
    const closed = new AbortController()
    const close = (): void => {
      closed.abort()
      open?.destroy()
    }
    const forward = async (stream: Readable, tty: boolean): Promise<void> => {
      open = stream
      tails ??= nothingWritten(Date.now())
      await forwardOutput(stream, tty, process.stdout, process.stderr, tails)
    }
    const forwardRest = async ({id, tty}: CreatedContainer, written: OutputTails): Promise<void> => {
      const read = async (since: number, until?: number): Promise<Readable> =>
        (open = await engine.logs(id, {since, ...(until === undefined ? {} : {until})}, closed.signal))
      const join = await findJoin(written, tty, read)
      const lost = (since: number, until: bigint): void => {
        const to = new Date(Number(until / 1_000_000n))
        log.warn(
          `output of the container from ${new Date(since).toISOString()} to ${to.toISOString()} may be missing here, because Docker's log no longer has what came before`,
        )
      }
      await forwardLog(await read(join.since), tty, process.stdout, process.stderr, written, join, lost)
    }
    const forwardRestOrNew = async (container: CreatedContainer): Promise<void> => {
      const written = (tails ??= nothingWritten(Date.now()))
      try {
        await forwardRest(container, written)
      } catch (error) {
        // An Engine that has gone away again is heard of again.
        if (error instanceof EngineUnreachableError || closed.signal.aborted) return
        const since = new Date(Math.max(written.stdout.at, written.stderr.at)).toISOString()
        log.warn(
          `output of the container may be missing here, from ${since} on, because Docker keeps no log that can be read: ${reason(error)}`,
        )
        await forward(await engine.attach(container.id, false, closed.signal), container.tty)
      }
    }
    /** The Engine is asked in the background, so that a stop does not wait for that. */
    const goOn = (container: CreatedContainer): void => {
      const before = forwarded
      forwarded = (async () => {
        // What came before is written first, so that all comes in order.
        await before
        if (!closed.signal.aborted) await forwardRestOrNew(container)
      })().catch((error: unknown) => {
        log.warn(`output of the container is not forwarded from here on: ${reason(error)}`)
      })
    }
    return {
      resolve({request}) {
        stdin = request.body.OpenStdin
      },
      // Before the container starts, so that its first line is not missed.
      async start({container, signal, defer}) {
        let stream: Duplex
        try {
          stream = await engine.attach(container.id, stdin, signal)
        } catch (error) {
          if (!isNotAttachable(error)) throw error
          if (stdin) log.warn(`standard input is not connected: ${reason(error)}`)
          defer('close the stream of the output', close)
          goOn(container)
          return
        }
        defer('close the stream of the output', close)
        if (stdin) {
          // One that breaks, as the socket of a client that has reset it, is at its end, as for docker's client.
          process.stdin.on('error', () => stream.end()).pipe(stream)
          defer('let go of standard input', () => {
            process.stdin.unpipe(stream).destroy()
          })
        }
        forwarded = forward(stream, container.tty)
      },
      restarted({container}) {
        goOn(container)
      },
      reconnected({container}) {
        goOn(container)
      },
      exited: () => forwarded,
      resident: () => "it forwards the container's output",
      describe: () => ["forward the container's output to standard output and standard error"],
    }
  },
})

/**
 * The field by which journald takes an entry of root's for that of a unit (systemd.journal-fields(7),
 * `OBJECT_SYSTEMD_UNIT=`).
 */
const UNIT_FIELD = 'OBJECT_SYSTEMD_UNIT'

/**
 * When nobody of ours stays, the Engine writes to the journal itself, under the unit's name (Docker, journald logging
 * driver: labels become fields). A log driver that the line asks for wins.
 */
function journalOfEngine(unit: UnitName | undefined): Partial<RunHooks> {
  if (unit?.manager === 'user')
    throw new RefusedOptionError(
      '--handover',
      "in a user's unit, only root can write to the journal under the unit's name; set --logs=false as well and read the output with `docker logs`",
    )
  let isOurs = false
  return {
    resolve({request: {body}}) {
      const {LogConfig} = body.HostConfig
      isOurs = unit !== undefined && LogConfig.Type === '' && Object.keys(LogConfig.Config).length === 0
      if (unit === undefined || !isOurs) return
      LogConfig.Type = 'journald'
      LogConfig.Config = {labels: UNIT_FIELD, tag: '{{.Name}}'}
      body.Labels[UNIT_FIELD] = unit.name
    },
    describe: () =>
      isOurs ? ["let the Engine write the container's output to the journal, under the unit's name"] : [],
  }
}
