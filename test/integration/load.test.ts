import {spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {once} from 'node:events'
import {expect, test} from 'vitest'
import {startLoad} from '../../sandbox/load.js'
import {until} from '../../sandbox/until.js'

const PATIENCE_MS = 30_000
const LOAD = new URL('../../sandbox/load.ts', import.meta.url).href

/** Waits until a process has used a tick of a processor beyond what its start took. */
async function computes(pid: number): Promise<void> {
  const used = async (): Promise<number> => {
    // proc(5), /proc/[pid]/stat: fields 14 and 15, counted from behind the name.
    const stat = (await readFile(`/proc/${String(pid)}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
    return Number(stat[11]) + Number(stat[12])
  }
  const before = await used()
  await until(PATIENCE_MS, async () => ((await used()) > before + 5 ? true : undefined))
}

test('a load computes until it is ended', async () => {
  const load = startLoad(2)
  expect(load.pids).toHaveLength(2)
  for (const pid of load.pids) await computes(pid)
  await load.end()
  expect(load.pids.filter((pid) => existsSync(`/proc/${String(pid)}`))).toEqual([])
})

test('a load ends with the process that started it, even when that is killed', async () => {
  const script = `import {startLoad} from '${LOAD}'; console.log(startLoad(1).pids[0]); setInterval(() => undefined, 1000)`
  const words = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const owner = spawn(process.execPath, words, {stdio: ['ignore', 'pipe', 'inherit']})
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  const pid = line.toString().trim()
  expect(existsSync(`/proc/${pid}`)).toBe(true)
  owner.kill('SIGKILL')
  await until(PATIENCE_MS, () => Promise.resolve(existsSync(`/proc/${pid}`) ? undefined : true))
})
