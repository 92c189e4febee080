import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, writeFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {findProcess} from '../../../src/kernel/process.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()

async function stat(pid: number, state: string, startTime: number): Promise<void> {
  await mkdir(inTemp(String(pid)), {recursive: true})
  const fields = [state, ...Array.from({length: 18}, () => '0'), String(startTime), '0']
  await writeFile(inTemp(String(pid), 'stat'), `${String(pid)} (a) b) ${fields.join(' ')}\n`)
}

test('a process is there until it ends', async () => {
  const child = spawn('sleep', ['1000'])
  const ended = once(child, 'exit')
  const found = findProcess(child.pid ?? 0)
  expect(await found.isThere()).toBe(true)
  await found.signal('SIGKILL')
  await ended
  expect(await found.isThere()).toBe(false)
  await expect(found.signal('SIGKILL')).resolves.toBeUndefined()
})

test('another process that has its PID later is not taken for it', async () => {
  await stat(42, 'S', 1000)
  const found = findProcess(42, inTemp())
  expect(await found.isThere()).toBe(true)
  await stat(42, 'S', 2000)
  expect(await found.isThere()).toBe(false)
})

test('a process that has ended and whose parent has not asked yet is not there', async () => {
  await stat(42, 'S', 1000)
  const found = findProcess(42, inTemp())
  await stat(42, 'Z', 1000)
  expect(await found.isThere()).toBe(false)
})
