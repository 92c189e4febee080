import type {Readable} from 'node:stream'
import {beginning, forwardOutput, goingOn} from '../docker/forward-output.js'
import {reason} from '../errors.js'
import {defineRunPlugin} from '../run/run-plugin.js'

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
  setup({logs}, {engine, log}) {
    if (!logs) return undefined
    let stdin = false
    let open: Readable | undefined
    let forwarded: Promise<void> | undefined
    // Where the log has what was forwarded: from when on, and how much of that.
    let since = 0
    let position = beginning()
    const forward = (stream: Readable, tty: boolean): void => {
      open = stream
      forwarded = forwardOutput(stream, tty, process.stdout, process.stderr, position)
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
        position = goingOn(position)
        await readOn(id, tty, signal)
      },
      exited: () => forwarded,
      resident: () => "it forwards the container's output",
      describe: () => ["forward the container's output to standard output and standard error"],
    }
  },
})
