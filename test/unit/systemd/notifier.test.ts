import {chmod, mkdir, readFile, readdir, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import {openNotifier} from '../../../src/systemd/notifier.js'
import {useTempDirectory} from '../support/temp-directory.js'

const installed = vi.hoisted(() => ({require: (name: string): unknown => name}))

vi.mock('node:module', () => ({createRequire: () => (name: string) => installed.require(name)}))

const env = {NOTIFY_SOCKET: '/run/systemd/notify'}
const inTemp = useTempDirectory()

/** Puts a `systemd-notify` first on the PATH that runs `script`; it is the only program there besides the shell's own words. */
async function installProgram(script: string): Promise<void> {
  await writeFile(inTemp('bin', 'systemd-notify'), `#!/bin/sh\n${script}\n`)
  await chmod(inTemp('bin', 'systemd-notify'), 0o755)
}

beforeEach(async () => {
  await mkdir(inTemp('bin'))
  vi.stubEnv('PATH', inTemp('bin'))
})

describe('without the addon', () => {
  beforeEach(() => {
    installed.require = (name) => {
      throw Object.assign(new Error(`Cannot find module '${name}'`), {code: 'MODULE_NOT_FOUND'})
    }
  })

  test('the program sends all assignments of a message at once, each as a word of its own', async () => {
    await installProgram(`for word; do echo "$word"; done >'${inTemp('said')}'`)
    await openNotifier(env).send('MAINPID=42', 'READY=1', 'STATUS=container web running')
    expect(await readFile(inTemp('said'), 'utf8')).toBe('MAINPID=42\nREADY=1\nSTATUS=container web running\n')
  })

  test('messages are sent one after the other as they are awaited', async () => {
    await installProgram(`echo "$1" >>'${inTemp('said')}'`)
    const notifier = openNotifier(env)
    await notifier.send('STATUS=one')
    await notifier.send('STATUS=two')
    expect(await readFile(inTemp('said'), 'utf8')).toBe('STATUS=one\nSTATUS=two\n')
  })

  test.each([
    ['exit 3', 'status 3'],
    ['kill -TERM $$', 'SIGTERM'],
  ])('a program that does %j is an error', async (script, ending) => {
    await installProgram(script)
    await expect(openNotifier(env).send('READY=1')).rejects.toMatchObject({
      code: 'NOTIFY',
      message: `cannot notify systemd at /run/systemd/notify: systemd-notify ended with ${ending}`,
    })
  })

  test('and without the program is an error that names both', async () => {
    await expect(openNotifier(env).send('READY=1')).rejects.toMatchObject({
      code: 'NOTIFY',
      message:
        'cannot notify systemd at /run/systemd/notify: neither sd-notify nor the program systemd-notify is there (spawn systemd-notify ENOENT)',
    })
  })
})

describe('with the addon', () => {
  test('it sends all assignments of a message at once, and the program is not asked', async () => {
    await installProgram('exit 1')
    const sent: string[] = []
    installed.require = (name) => ({sendState: (state: string) => sent.push(`${name}: ${state}`)})
    const notifier = openNotifier(env)
    await notifier.send('MAINPID=42', 'READY=1')
    await notifier.send('STOPPING=1')
    expect(sent).toEqual(['sd-notify: MAINPID=42\nREADY=1', 'sd-notify: STOPPING=1'])
  })

  test.each([
    ['is nothing', null],
    ['is no object', 'sd-notify'],
    ['cannot send', {}],
    ['has something else that is called so', {sendState: true}],
  ])('that %s the program is asked', async (_, addon) => {
    await installProgram(`echo "$1" >'${inTemp('said')}'`)
    installed.require = () => addon
    await openNotifier(env).send('READY=1')
    expect(await readFile(inTemp('said'), 'utf8')).toBe('READY=1\n')
  })
})

describe('where systemd gave no socket', () => {
  test.each([
    ['without NOTIFY_SOCKET', {}],
    ['with an empty NOTIFY_SOCKET', {NOTIFY_SOCKET: ''}],
  ])('%s nothing is sent', async (_, none) => {
    await installProgram(`echo "$1" >'${inTemp('said')}'`)
    const sent: string[] = []
    installed.require = () => ({sendState: (state: string) => sent.push(state)})
    await openNotifier(none).send('READY=1')
    expect(sent).toEqual([])
    expect(await readdir(inTemp())).toEqual(['bin'])
  })
})
