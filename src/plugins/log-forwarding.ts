import type {Readable} from 'node:stream'
import {beginning, forwardOutput, fromHereOn, goingOn} from '../docker/forward-output.js'
import {RefusedOptionError, reason} from '../errors.js'
import {defineRunPlugin, type RunHooks} from '../run/run-plugin.js'
import type {UnitName} from '../systemd/unit.js'

/** The container's output becomes ours, which systemd puts into the journal; with `-i` our input becomes the container's. */
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
    let open: Readable | undefined
    let forwarded: Promise<void> | undefined
    // Where the log has what was forwarded: from when on, and how much of that.
    let since = 0
    let position = beginning()
    // When the last stream of it ended.
    let cutAt = 0
    const forward = (stream: Readable, tty: boolean): void => {
      open = stream
      forwarded = forwardOutput(stream, tty, process.stdout, process.stderr, position).finally(() => {
        cutAt = Date.now()
      })
    }
    const readOn = async (id: string, tty: boolean, signal: AbortSignal): Promise<void> => {
      // What came before is written first, so that all comes in order.
      await forwarded
      try {
        forward(await engine.logs(id, since, signal), tty)
      } catch (error) {
        log.warn(
          `output of the container may be missing here, as Docker keeps no log that can be read: ${reason(error)}`,
        )
        position = fromHereOn(position)
        forward(await engine.attach(id, false, signal), tty)
      }
    }
    return {
      resolve({request}) {
        stdin = request.body.OpenStdin
      },
      // Before the container starts, so that its first line is not missed.
      async start({container, signal, defer}) {
        since = Date.now()
        const stream = await engine.attach(container.id, stdin, signal)
        defer('close the stream of the output', () => {
          open?.destroy()
        })
        if (stdin) {
          process.stdin.pipe(stream)
          defer('let go of standard input', () => {
            process.stdin.unpipe(stream).destroy()
          })
        }
        forward(stream, container.tty)
      },
      async restarted({container: {id, tty}, endedAt, signal}) {
        since = endedAt
        position = beginning()
        await readOn(id, tty, signal)
      },
      async reconnected({container: {id, tty}, signal}) {
        await forwarded
        const found = await engine.inspect(id, signal)
        // A log that has lost its beginning cannot be counted off; what it got while nobody read it is younger than the cut.
        if (found?.hasRotatingLog) since = cutAt
        position = found?.hasRotatingLog ? fromHereOn(position) : goingOn(position)
        await readOn(id, tty, signal)
      },
      exited: () => forwarded,
      resident: () => "it forwards the container's output",
      describe: () => ["forward the container's output to standard output and standard error"],
    }
  },
})

/** The field by which journald takes an entry of root's for that of a unit (systemd.journal-fields(7), `OBJECT_SYSTEMD_UNIT=`). */
const UNIT_FIELD = 'OBJECT_SYSTEMD_UNIT'

/**
 * When nobody of ours stays, the Engine writes to the journal itself, under the unit's name (Docker, journald logging driver: labels become fields). A log driver that
 * the line asks for wins.
 */
function journalOfEngine(unit: UnitName | undefined): Partial<RunHooks> {
  if (unit?.manager === 'user')
    throw new RefusedOptionError(
      '--handover',
      "in a user's unit nobody but root could write to the journal under its name; say --logs=false as well, and `docker logs` has the output",
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
