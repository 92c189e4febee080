// A client of the Engine that is attached to a container, by itself: ours beside docker's, at an Engine that does
// nothing but send.
import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {createServer, type Server} from 'node:http'
import {join} from 'node:path'
import {Readable, type Duplex} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {build} from 'esbuild'
import {ROOT, bundleOptions} from '../../scripts/bundle.mjs'
import {dockerClient} from '../../sandbox/docker-client.js'
import {workWith} from '../command-line.js'
import {cpuSeconds, peakMebibytes, writtenBytes} from '../processes.js'
import {compete, type Counts, type Figures} from './figures.js'
import {LINE_BYTES, block, repeated, type Block} from './frames.js'

const LOOK_MS = 2
const SINKS = {'/dev/null': 'exec "$@" >/dev/null', 'a pipe': 'exec "$@" > >(exec cat >/dev/null)'}
const UPGRADED =
  'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'

const read = (path: string): Promise<string> => readFile(path, 'utf8')

/** An Engine with one container, whose output is taken to who attaches to it. */
class SendingEngine {
  readonly #server: Server
  readonly attached: Promise<Duplex>

  constructor(path: string) {
    this.#server = createServer((request, response) => {
      response.setHeader('api-version', '1.41').setHeader('content-type', 'application/json')
      if (request.url?.includes('/wait') === true) response.flushHeaders()
      else response.end(JSON.stringify({Id: 'bench', State: {Running: true, Status: 'running'}, Config: {Tty: false}}))
    })
    this.attached = new Promise((resolve) => {
      this.#server.on('upgrade', (_, socket: Duplex) => {
        socket.write(UPGRADED)
        resolve(socket)
      })
    })
    this.#server.listen(path)
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** Has a client take so many blocks; what that took of it once it was attached. */
async function take(
  client: readonly string[],
  socket: string,
  script: string,
  {bytes, payload}: Block,
  megabytes: number,
): Promise<Figures> {
  const engine = new SendingEngine(socket)
  const child = spawn('bash', ['-c', script, 'bash', ...client], {stdio: ['ignore', 'ignore', 'inherit']})
  const ended = gone(child)
  // It is ended below, too.
  ended.catch(() => undefined)
  try {
    const connection = await Promise.race([engine.attached, ended])
    const pid = Number(child.pid)
    const [cpuBefore, writtenBefore] = [await cpuSeconds(read, pid), await writtenBytes(read, pid)]
    const begun = performance.now()
    const sent = pipeline(Readable.from(repeated(bytes, megabytes)), connection, {end: false})
    // A client that breaks takes no more, and has ended then.
    sent.catch(() => undefined)
    while ((await writtenBytes(read, pid)) - writtenBefore < payload * megabytes)
      await Promise.race([sleep(LOOK_MS), ended])
    const seconds = (performance.now() - begun) / 1000
    await sent
    const cpu = (await cpuSeconds(read, pid)) - cpuBefore
    const total = payload * megabytes
    return {
      'MB/s': total / 1e6 / seconds,
      'CPU s per GB': cpu / (total / 1e9),
      'peak RSS, MiB': await peakMebibytes(read, pid),
    }
  } finally {
    child.kill('SIGKILL')
    engine.close()
    await rm(socket, {force: true})
  }
}

async function gone(child: ChildProcess): Promise<never> {
  await once(child, 'exit')
  throw new Error(`${child.spawnargs.join(' ')} ended before it had all of the output`)
}

/** Measures both in turn, so many times, and returns what came of it as tables. */
export async function attached({megabytes, pairs}: Counts): Promise<string> {
  const docker = await dockerClient()
  return await workWith(
    () => mkdtemp(join(ROOT, 'node_modules', '.bench-logs-')),
    (directory) => rm(directory, {recursive: true}),
    async (directory) => {
      await build(bundleOptions({attached: 'bench/readers/attached.ts'}, directory))
      const socket = join(directory, 'engine.sock')
      const clients = {
        ours: [process.execPath, join(directory, 'attached.cjs'), socket],
        'docker attach': [
          docker.path,
          '--host',
          `unix://${socket}`,
          'attach',
          '--no-stdin',
          '--sig-proxy=false',
          'bench',
        ],
      }
      const contestants = Object.entries(LINE_BYTES).flatMap(([lines, lineBytes]) =>
        Object.entries(SINKS).flatMap(([sink, script]) =>
          Object.entries(clients).map(([name, client]) => ({
            name: `${lines} to ${sink}, ${name}`,
            comparedWith: `${lines} to ${sink}, docker attach`,
            measure: () => take(client, socket, script, block(lineBytes), megabytes),
          })),
        ),
      )
      const tables = await compete(contestants, pairs)
      return `Attached, by itself: Node ${process.versions.node}, docker ${docker.version}; ${String(megabytes)} MB, ${String(pairs)} pairs\n\n${tables}`
    },
  )
}
