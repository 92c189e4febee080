// What parsing and translating a line of forty options of docker run costs, beside what Node needs to start at all:
// each in a process of its own, as a unit's start is, so that nothing is warm.
import {spawnSync} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {build} from 'esbuild'
import {readCounts, workWith} from './command-line.js'
import {orderOf, spreadCells, spreadOf, table} from './statistics.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const {pairs} = readCounts({pairs: 31})

const FORTY = [
  '--rm --name web -i -t -h web --domainname example.com -u 1000:1000 -w /srv -e A=1 -e B=two --label a=1 -l b=2',
  '-p 127.0.0.1:8000-8009:80-89 -p 53:53/udp --expose 9000 -v /srv:/srv:ro -v data:/data --tmpfs /run:size=64m',
  '--mount type=bind,src=/etc/x,dst=/etc/x,ro --network name=front,alias=web,ip=10.0.0.5 --add-host db:10.0.0.9 --dns 8.8.8.8',
  '-m 512m --memory-swap 1g --cpus 1.5 --cpu-shares 512 --pids-limit 200 --ulimit nofile=1024:4096 --shm-size 64m',
  '--cap-drop ALL --cap-add net_admin --security-opt no-new-privileges --device /dev/fuse --sysctl net.ipv4.ip_forward=1',
  '--health-cmd true --health-interval 1m30s --log-driver journald --log-opt tag=web --stop-timeout 30 --read-only',
]
  .join(' ')
  .split(' ')
const WORDS = [...FORTY, 'nginx', 'sh', '-c', 'exec nginx']

/** Loads the module and translates the line, and prints both times in milliseconds. */
const CHILD = (bundle: string, words: readonly string[]): string => `
  const begun = performance.now()
  const {parseRun} = require(${JSON.stringify(bundle)})
  const loaded = performance.now()
  parseRun(${JSON.stringify(words)}, {env: {}, cwd: '/'}, {})
    .then(() => console.log(loaded - begun, performance.now() - loaded))`

await workWith(
  () => mkdtemp(join(ROOT, 'node_modules', '.bench-options-')),
  (directory) => rm(directory, {recursive: true}),
  async (directory) => {
    const bundle = join(directory, 'line.cjs')
    await build({
      absWorkingDir: ROOT,
      entryPoints: ['src/run/command-line.ts'],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20.19',
      logLevel: 'error',
    })
    const times = {node: [] as number[], loading: [] as number[], plain: [] as number[], forty: [] as number[]}
    const start = (script: string): {took: number; said: string} => {
      const begun = performance.now()
      const {status, stdout, stderr} = spawnSync(process.execPath, ['-e', script], {encoding: 'utf8'})
      if (status !== 0) throw new Error(`Node ended with ${String(status)}: ${stderr}`)
      return {took: performance.now() - begun, said: stdout}
    }
    const rounds: (() => void)[] = [
      () => void times.node.push(start('0').took),
      () => void times.plain.push(Number(start(CHILD(bundle, ['nginx'])).said.split(' ')[1])),
      () => {
        const [loading, forty] = start(CHILD(bundle, WORDS)).said.split(' ').map(Number)
        times.loading.push(loading ?? Number.NaN)
        times.forty.push(forty ?? Number.NaN)
      },
    ]
    for (let round = 0; round < pairs; round++) for (const measure of orderOf(rounds, round)) measure()
    const base = spreadOf(times.node).median
    const row = (name: string, values: readonly number[]): string[] => {
      const spread = spreadOf(values)
      return [name, ...spreadCells(spread, 2), (spread.median / base).toFixed(3)]
    }
    console.log(`A line of docker run: Node ${process.versions.node}; ${String(pairs)} rounds; ms`)
    console.log(
      table([
        ['', 'min', 'median', 'max', 'ratio of medians'],
        row('Node alone', times.node),
        row('loading the table', times.loading),
        row('a line of an image alone', times.plain),
        row('a line of forty options', times.forty),
      ]),
    )
  },
)
