import {forwardOutput} from '../docker/forward-output.js'
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
  setup({logs}, {engine}) {
    if (!logs) return undefined
    let stdin = false
    let forwarded: Promise<void> | undefined
    return {
      resolve({request}) {
        stdin = request.body.OpenStdin
      },
      // Before the container starts, so that its first line is not missed.
      async start({container, signal, defer}) {
        const stream = await engine.attach(container.id, stdin, signal)
        defer('close the stream of the output', () => {
          stream.destroy()
        })
        if (stdin) {
          process.stdin.pipe(stream)
          defer('let go of standard input', () => {
            process.stdin.unpipe(stream).destroy()
          })
        }
        forwarded = forwardOutput(stream, container.tty, process.stdout, process.stderr)
      },
      exited: () => forwarded,
      resident: () => "it forwards the container's output",
      describe: () => ["forward the container's output to standard output and standard error"],
    }
  },
})
