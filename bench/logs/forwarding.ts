// What it takes to pass a container's output on: our forwardOutput beside dockerode's demuxStream. Needs no Engine.
import {spawn} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Readable, type Writable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {pipeline} from 'node:stream/promises'
import {build} from 'esbuild'
import {ROOT} from '../../scripts/bundle.mjs'
import {workWith} from '../command-line.js'
import {MEASURES_FD, type Measures} from '../readers/measured.js'
import {compete, type Contestant, type Counts, type Figures} from './figures.js'
import {LINE_BYTES, block, repeated} from './frames.js'

/** dockerode copies all that it holds for each frame, so that more would take minutes. */
const DEMUX_STREAM_MEGABYTES = 8
const SINKS = {'/dev/null': 'exec "$0" "$1" >/dev/null', 'a pipe': '"$0" "$1" | cat >/dev/null'}

/** One way to read one kind of stream. */
interface Way {
  readonly name: string
  readonly reader: 'forward-output' | 'demux-stream'
  readonly lineBytes: number
  readonly script: string
  readonly megabytes: number
}

/** Every stream read into every sink, by us and then by dockerode. */
function contestants(megabytes: number, readers: string): Contestant[] {
  return Object.entries(LINE_BYTES).flatMap(([lines, lineBytes]) =>
    Object.entries(SINKS).flatMap(([sink, script]) => {
      const what = `${lines} to ${sink}`
      const ours: Way = {name: `${what}, forwardOutput`, reader: 'forward-output', lineBytes, script, megabytes}
      const theirs: Way = {
        name: `${what}, demuxStream`,
        reader: 'demux-stream',
        lineBytes,
        script,
        megabytes: DEMUX_STREAM_MEGABYTES,
      }
      return [ours, theirs].map((way) => ({
        name: way.name,
        comparedWith: theirs.name,
        measure: () => read(way, readers),
      }))
    }),
  )
}

/** Runs a reader on its stream, through a socket pair. */
async function read({name, reader, lineBytes, script, megabytes}: Way, readers: string): Promise<Figures> {
  const child = spawn('sh', ['-c', script, process.execPath, join(readers, `${reader}.js`)], {
    stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
    env: {...process.env, NODE_PATH: join(ROOT, 'node_modules')},
  })
  const {bytes, payload} = block(lineBytes)
  const [answer] = await Promise.all([
    text(child.stdio[MEASURES_FD] as Readable),
    // A reader that breaks takes no more; that it gave no measures is told below.
    pipeline(Readable.from(repeated(bytes, megabytes)), child.stdin as Writable).catch(() => undefined),
  ])
  if (answer === '')
    throw new Error(`${name}: it ended without measures, so it broke or never saw that all was written`)
  const {seconds, cpuSeconds, peakRssKiB} = JSON.parse(answer) as Measures
  const total = payload * megabytes
  return {
    'MB/s': total / 1e6 / seconds,
    'CPU s per GB': cpuSeconds / (total / 1e9),
    'peak RSS, MiB': peakRssKiB / 1024,
  }
}

async function buildReaders(): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), 'bench-logs-'))
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['bench/readers/forward-output.ts', 'bench/readers/demux-stream.ts'],
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    packages: 'external',
    logLevel: 'warning',
  })
  return outdir
}

/** Measures all of them in turn, so many times, and returns what came of it as tables. */
export async function forwarding({megabytes, pairs}: Counts): Promise<string> {
  const tables = await workWith(
    buildReaders,
    (readers) => rm(readers, {recursive: true}),
    (readers) => compete(contestants(megabytes, readers), pairs),
  )
  return (
    `Output forwarding: Node ${process.versions.node}, ${String(pairs)} pairs; ${String(megabytes)} MB through forwardOutput, ` +
    `${String(DEMUX_STREAM_MEGABYTES)} MB through demuxStream\n\n${tables}`
  )
}
