// What it takes to pass a container's output on: our forwardOutput beside dockerode's demuxStream. Needs no Engine.
import {spawn} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Readable, type Writable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {pipeline} from 'node:stream/promises'
import {fileURLToPath} from 'node:url'
import {build} from 'esbuild'
import {readCounts, workWith} from './command-line.js'
import {MEASURES_FD, type Measures} from './readers/measured.js'
import {orderOf, spreadCells, spreadOf, table} from './statistics.js'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const HEADER_BYTES = 8
const BLOCK_PAYLOAD_BYTES = 1e6
/** dockerode copies all that it holds for each frame, so that more would take minutes. */
const DEMUX_STREAM_MEGABYTES = 8
const SINKS = {'/dev/null': 'exec "$0" "$1" >/dev/null', 'a pipe': '"$0" "$1" | cat >/dev/null'}
const FRAMES = {'128-byte lines': 128, '16 kB frames': 16_384}

/** One way to read one kind of stream. */
interface Contestant {
  readonly name: string
  readonly reader: 'forward-output' | 'demux-stream'
  readonly frameBytes: number
  readonly script: string
  readonly megabytes: number
}

/** What is told of the measures, of all that was read in one go. */
const FIGURES: Readonly<Record<string, {digits: number; of: (measures: Measures, bytes: number) => number}>> = {
  'MB/s': {digits: 1, of: ({seconds}, bytes) => bytes / 1e6 / seconds},
  'CPU s per GB': {digits: 2, of: ({cpuSeconds}, bytes) => cpuSeconds / (bytes / 1e9)},
  'peak RSS, MiB': {digits: 0, of: ({peakRssKiB}) => peakRssKiB / 1024},
}

/** Every stream read into every sink, by us and then by dockerode. */
function contestants(megabytes: number): Contestant[] {
  return Object.entries(FRAMES).flatMap(([frames, frameBytes]) =>
    Object.entries(SINKS).flatMap(([sink, script]) => [
      {name: `${frames} to ${sink}, forwardOutput`, reader: 'forward-output' as const, frameBytes, script, megabytes},
      {
        name: `${frames} to ${sink}, demuxStream`,
        reader: 'demux-stream' as const,
        frameBytes,
        script,
        megabytes: DEMUX_STREAM_MEGABYTES,
      },
    ]),
  )
}

/**
 * As many frames of the attach stream (Engine API, `POST /containers/{id}/attach`) as hold about a megabyte of lines.
 */
function block(frameBytes: number): Buffer {
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(frameBytes, 4)
  const frame = Buffer.concat([header, Buffer.alloc(frameBytes - 1, 'x'), Buffer.from('\n')])
  return Buffer.concat(Array.from({length: Math.floor(BLOCK_PAYLOAD_BYTES / frameBytes)}, () => frame))
}

function* repeated(chunk: Buffer, times: number): Generator<Buffer> {
  for (let time = 0; time < times; time++) yield chunk
}

/** Runs a reader on its stream, through a socket pair, and returns its figures in the order of {@link FIGURES}. */
async function read({name, reader, frameBytes, script, megabytes}: Contestant, readers: string): Promise<number[]> {
  const child = spawn('sh', ['-c', script, process.execPath, join(readers, `${reader}.js`)], {
    stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
    env: {...process.env, NODE_PATH: join(PROJECT, 'node_modules')},
  })
  const chunk = block(frameBytes)
  const [answer] = await Promise.all([
    text(child.stdio[MEASURES_FD] as Readable),
    // A reader that breaks takes no more; that it gave no measures is told below.
    pipeline(Readable.from(repeated(chunk, megabytes)), child.stdin as Writable).catch(() => undefined),
  ])
  if (answer === '')
    throw new Error(`${name}: it ended without measures, so it broke or never saw that all was written`)
  const payload = (chunk.length / (HEADER_BYTES + frameBytes)) * frameBytes * megabytes
  const measures = JSON.parse(answer) as Measures
  return Object.values(FIGURES).map(({of}) => of(measures, payload))
}

async function buildReaders(): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), 'bench-logs-'))
  await build({
    absWorkingDir: PROJECT,
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

async function compete(readers: string, megabytes: number, pairs: number): Promise<string> {
  const all = contestants(megabytes)
  const measured = new Map<Contestant, number[][]>(all.map((contestant) => [contestant, []]))
  for (let pair = 0; pair < pairs; pair++)
    for (const contestant of orderOf(all, pair)) measured.get(contestant)?.push(await read(contestant, readers))
  return Object.entries(FIGURES)
    .map(([figure, {digits}], column) => report(figure, digits, column, measured))
    .join('\n\n')
}

/** A table of one figure; the ratio of our median to dockerode's stands in our row. */
function report(figure: string, digits: number, column: number, measured: ReadonlyMap<Contestant, number[][]>): string {
  const spreads = [...measured].map(([{name}, values]) => ({
    name,
    spread: spreadOf(values.map((value) => value[column] ?? NaN)),
  }))
  const rows = spreads.map(({name, spread}, index) => {
    const other = index % 2 === 0 ? spreads[index + 1]?.spread : undefined
    const ratio = other === undefined ? [] : [(spread.median / other.median).toPrecision(3)]
    return [name, ...spreadCells(spread, digits), ...ratio]
  })
  return table([[figure, 'min', 'median', 'max', 'ratio of medians'], ...rows])
}

const {megabytes, pairs} = readCounts({megabytes: 256, pairs: 3})
const tables = await workWith(
  buildReaders,
  (readers) => rm(readers, {recursive: true}),
  (readers) => compete(readers, megabytes, pairs),
)
console.log(
  `Output forwarding: Node ${process.versions.node}, ${String(pairs)} pairs; ${String(megabytes)} MB through forwardOutput, ` +
    `${String(DEMUX_STREAM_MEGABYTES)} MB through demuxStream\n\n${tables}`,
)
