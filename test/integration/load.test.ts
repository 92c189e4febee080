import {spawn, type ChildProcess} from 'node:child_process'
import {existsSync} from 'node:fs'
import {readFile, writeFile} from 'node:fs/promises'
import {once} from 'node:events'
import {expect, test} from 'vitest'
import {startLoad} from '../../sandbox/load.js'
import {until} from '../../sandbox/until.js'
import {useTempDirectory} from '../support/temp-directory.js'

const PATIENCE_MS = 30_000
const PATH = process.env['PATH'] ?? ''
const LOAD = new URL('../../sandbox/load.ts', import.meta.url).href

const inTemp = useTempDirectory()

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

/** A process that starts a load, and the PID of what it has started. */
async function startOwner(path: string): Promise<{owner: ChildProcess; pid: number}> {
  const script = `import {startLoad} from '${LOAD}'; console.log(startLoad(1).pids[0]); setInterval(() => undefined, 1000)`
  const words = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const env = {...process.env, PATH: path}
  const owner = spawn(process.execPath, words, {stdio: ['ignore', 'pipe', 'inherit'], env})
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  return {owner, pid: Number(line.toString())}
}

async function isGone(pid: number): Promise<void> {
  await until(PATIENCE_MS, () => Promise.resolve(existsSync(`/proc/${String(pid)}`) ? undefined : true))
}

test('a load ends with the process that started it, even when that is killed', async () => {
  const {owner, pid} = await startOwner(PATH)
  await computes(pid)
  owner.kill('SIGKILL')
  await isGone(pid)
})

test('a load does not begin once the process that started it was killed', async () => {
  const slow = '#!/bin/sh\nuntil [ -e "$0.go" ]; do sleep 0.01; done\nPATH=${PATH#*:} exec setpriv "$@"\n'
  await writeFile(inTemp('setpriv'), slow, {mode: 0o755})
  const {owner, pid} = await startOwner(`${inTemp()}:${PATH}`)
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  await writeFile(inTemp('setpriv.go'), '')
  await isGone(pid)
})
