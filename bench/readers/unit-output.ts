import {execFileSync} from 'node:child_process'
import {readFile, writeFile} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {LAST_LINE, type UnitMeasures, type Watched} from '../logs/watched.js'
import {cpuSeconds, peakMebibytes, writtenBytes} from '../processes.js'

const LOOK_MS = 5
const JOURNAL_LOOK_MS = 100
const PATIENCE_MS = 900_000
const read = (path: string): Promise<string> => readFile(path, 'utf8')

async function used(pids: Watched['pids']): Promise<Record<string, number>> {
  const all = Object.entries(pids).map(async ([name, pid]) => [name, await cpuSeconds(read, pid)] as const)
  return Object.fromEntries(await Promise.all(all))
}

/** Lets the container speak, in the host. */
async function measure({unit, go, bytes, pids, toJournal}: Watched): Promise<UnitMeasures> {
  const [own = 0] = Object.values(pids)
  const before = await used(pids)
  const writtenBefore = await writtenBytes(read, own)
  const begun = performance.now()
  const isThere = async (): Promise<boolean> => {
    if (!toJournal) return (await writtenBytes(read, own)) - writtenBefore >= bytes
    const words = [`--unit=${unit}`, '--lines=1', '--output=cat', '--quiet', '--no-pager']
    return execFileSync('journalctl', words, {encoding: 'utf8'}).trimEnd() === LAST_LINE
  }
  await writeFile(go, '')
  while (!(await isThere())) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error(`the output of ${unit} did not come to its end`)
    await sleep(toJournal ? JOURNAL_LOOK_MS : LOOK_MS)
  }
  const seconds = (performance.now() - begun) / 1000
  const after = Object.entries(await used(pids)).map(([name, cpu]) => [name, cpu - (before[name] ?? 0)])
  return {
    seconds,
    cpuSeconds: Object.fromEntries(after) as Record<string, number>,
    peakMebibytes: await peakMebibytes(read, own),
  }
}

const [watched = ''] = process.argv.slice(2)
void measure(JSON.parse(watched) as Watched).then((measures) => {
  console.log(JSON.stringify(measures))
})
