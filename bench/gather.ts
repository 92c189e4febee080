// What it costs a start to find out what the host has set up, beside doing without: in a process of its own each time,
// as a unit's start is.
import {spawnSync} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {build} from 'esbuild'
import {ROOT, bundleOptions} from '../scripts/bundle.mjs'
import {readCounts, workWith} from './command-line.js'
import {orderOf, spreadCells, spreadOf, table} from './statistics.js'

const {pairs} = readCounts({pairs: 31})

/** Times the gathering alone, in milliseconds, with the file that the first word names. */
const CHILD = (bundle: string): string => `
  const {readSite} = require(${JSON.stringify(bundle)})
  const [configFile] = process.argv.slice(1)
  const begun = performance.now()
  readSite({root: ${JSON.stringify(ROOT)}, env: {}, configFile, signal: new AbortController().signal})
    .then(() => console.log(performance.now() - begun))`

await workWith(
  // Below the project, so that what it imports late is found.
  () => mkdtemp(join(ROOT, 'node_modules', '.bench-gather-')),
  (directory) => rm(directory, {recursive: true}),
  async (directory) => {
    const entries = {site: 'src/run/site.ts', loaders: 'src/config/loaders.ts'}
    await build(bundleOptions(entries, directory))
    const bundle = join(directory, 'site.cjs')
    await writeFile(join(directory, 'plain.yaml'), 'logs: true')
    await writeFile(join(directory, 'plain.json'), '{"logs": true}')
    await writeFile(join(directory, 'mine.mjs'), 'export default {name: "mine", options: {}, setup() {}}')
    const plugins = {plugins: {mine: {from: join(directory, 'mine.mjs')}}}
    await writeFile(join(directory, 'plugin.json'), JSON.stringify(plugins))
    const contestants = [
      {name: 'no file, no plugin', words: []},
      {name: 'a file of YAML', words: [join(directory, 'plain.yaml')]},
      {name: 'a file of JSON', words: [join(directory, 'plain.json')]},
      {name: 'one that names a plugin', words: [join(directory, 'plugin.json')]},
    ]
    const times = new Map(contestants.map(({name}) => [name, [] as number[]]))
    for (let round = 0; round < pairs; round++)
      for (const {name, words} of orderOf(contestants, round)) {
        const {status, stdout, stderr} = spawnSync(process.execPath, ['-e', CHILD(bundle), '--', ...words], {
          encoding: 'utf8',
        })
        if (status !== 0) throw new Error(`${name} ended with ${String(status)}: ${stderr}`)
        times.get(name)?.push(Number(stdout))
      }
    const spreads = contestants.map(({name}) => ({name, spread: spreadOf(times.get(name) ?? [])}))
    const base = spreads[0]?.spread.median ?? Number.NaN
    console.log(`Gathering what the host has set up: Node ${process.versions.node}; ${String(pairs)} rounds; ms`)
    console.log(
      table([
        ['', 'min', 'median', 'max', 'ratio of medians'],
        ...spreads.map(({name, spread}) => [name, ...spreadCells(spread, 2), (spread.median / base).toFixed(2)]),
      ]),
    )
  },
)
