import {createServer} from 'node:net'
import {chmod, mkdir, readFile, readdir, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, onTestFinished, test, vi} from 'vitest'
import {openNotifier} from '../../../src/systemd/notifier.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const installed = vi.hoisted(() => ({require: (name: string): unknown => name}))

vi.mock('node:module', () => ({createRequire: () => (name: string) => installed.require(name)}))

/** What this process may, and where a host has systemd's programs. */
const around = vi.hoisted(() => ({mayClaimPids: true, programs: ''}))

vi.mock('../../../src/kernel/privileges.js', () => ({
  mayClaimPids: () => Promise.resolve(around.mayClaimPids),
}))

vi.mock('../../../src/systemd/systemctl.js', () => ({
  get SYSTEMD_PATH() {
    return around.programs
  },
}))

const env = {NOTIFY_SOCKET: '/run/systemd/notify'}
const inTemp = useTempDirectory()
/** The only other program than systemd-notify that its stand-ins use. */
const SED = '/bin/sed'

/**
 * Puts a `systemd-notify` first on the PATH that runs `script`; it is the only program there besides the shell's own
 * words.
 */
async function installProgram(script: string): Promise<void> {
  await writeFile(inTemp('bin', 'systemd-notify'), `#!/bin/sh\n${script}\n`)
  await chmod(inTemp('bin', 'systemd-notify'), 0o755)
}

beforeEach(async () => {
  await mkdir(inTemp('bin'))
  vi.stubEnv('PATH', inTemp('bin'))
  Object.assign(around, {mayClaimPids: true, programs: inTemp('nowhere')})
})

describe('without the addon', () => {
  beforeEach(() => {
    installed.require = (name) => {
      throw Object.assign(new Error(`Cannot find module '${name}'`), {code: 'MODULE_NOT_FOUND'})
    }
  })

  test('the program sends all assignments of a message at once, each as a word of its own', async () => {
    await installProgram(`for word; do echo "$word"; done | ${SED} '/^--no-block$/d' >'${inTemp('said')}'`)
    await openNotifier(env).send('MAINPID=42', 'READY=1', 'STATUS=container web running')
    expect(await readFile(inTemp('said'), 'utf8')).toBe('MAINPID=42\nREADY=1\nSTATUS=container web running\n')
  })

  test('messages are sent one after the other as they are awaited', async () => {
    await installProgram(`for last; do :; done; echo "$last" >>'${inTemp('said')}'`)
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

  test('a failure says what the program says of it', async () => {
    await installProgram('echo Note >&2; echo "Failed to invoke barrier: Connection timed out" >&2; exit 1')
    await expect(openNotifier(env).send('READY=1')).rejects.toMatchObject({
      message:
        'cannot notify systemd at /run/systemd/notify: systemd-notify ended with status 1: Failed to invoke barrier: Connection timed out',
    })
  })

  test.each([
    ['it is', true, '--no-block READY=1\n'],
    ['it is not', false, 'READY=1\n'],
  ])('systemd is waited for only where no message can be in the name of this process: %s', async (_, may, said) => {
    around.mayClaimPids = may
    await installProgram(`echo "$*" >>'${inTemp('said')}'`)
    await openNotifier(env).send('READY=1')
    expect(await readFile(inTemp('said'), 'utf8')).toBe(said)
  })

  test('a program of before 246, which waits for nothing, is not told to wait for nothing', async () => {
    const refuse = `echo "systemd-notify: unrecognized option '--no-block'" >&2; exit 1`
    await installProgram(`case "$1" in --no-block) ${refuse} ;; esac; echo "$*" >>'${inTemp('said')}'`)
    await openNotifier(env).send('READY=1')
    expect(await readFile(inTemp('said'), 'utf8')).toBe('READY=1\n')
  })

  test.each([
    ['other directories', (there: string) => there],
    ['nothing', () => ''],
  ])('the program is found where systemd is though the PATH of the unit has %s', async (_, path) => {
    await installProgram(`echo "$*" >'${inTemp('said')}'`)
    around.programs = inTemp('bin')
    vi.stubEnv('PATH', path(inTemp('other')))
    await openNotifier(env).send('READY=1')
    expect(await readFile(inTemp('said'), 'utf8')).toBe('--no-block READY=1\n')
  })

  test('a host without the program either is an error that names both', async () => {
    await expect(openNotifier(env).send('READY=1')).rejects.toMatchObject({
      code: 'NOTIFY',
      message:
        'cannot notify systemd at /run/systemd/notify: neither sd-notify nor the program systemd-notify is available (spawn systemd-notify ENOENT)',
    })
  })
})

describe('with the addon', () => {
  test('the addon sends all assignments of a message at once, and the program is not asked', async () => {
    await installProgram('exit 1')
    const sent: string[] = []
    installed.require = (name) => ({sendState: (state: string) => sent.push(`${name}: ${state}`)})
    const notifier = openNotifier({NOTIFY_SOCKET: '@systemd'})
    await notifier.send('MAINPID=42', 'READY=1')
    await notifier.send('STOPPING=1')
    expect(sent).toEqual(['sd-notify: MAINPID=42\nREADY=1', 'sd-notify: STOPPING=1'])
  })

  test.each<[string, string, () => unknown]>([
    ['that is not there', "ENOENT: no such file or directory, stat '%s'", () => undefined],
    ['that is none', 'it is not a socket', () => writeFile(inTemp('socket'), '')],
  ])('a socket %s, of which it would say nothing, is an error', async (_, why, make) => {
    await make()
    const sent: string[] = []
    installed.require = () => ({sendState: (state: string) => sent.push(state)})
    await expect(openNotifier({NOTIFY_SOCKET: inTemp('socket')}).send('READY=1')).rejects.toMatchObject({
      code: 'NOTIFY',
      message: `cannot notify systemd at ${inTemp('socket')}: ${why.replace('%s', inTemp('socket'))}`,
    })
    expect(sent).toEqual([])
  })

  test('a socket that is there is sent to, and what is sent is told', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(inTemp('socket'), resolve))
    onTestFinished(() => void server.close())
    const sent: string[] = []
    const told: string[] = []
    installed.require = () => ({sendState: (state: string) => sent.push(state)})
    const notifier = openNotifier({NOTIFY_SOCKET: inTemp('socket')}, (line) => told.push(line))
    await notifier.send('MAINPID=42', 'READY=1')
    expect({sent, told}).toEqual({sent: ['MAINPID=42\nREADY=1'], told: ['to systemd: MAINPID=42 READY=1']})
  })

  test.each([
    ['is nothing', null],
    ['is no object', 'sd-notify'],
    ['cannot send', {}],
    ['has something else that is called so', {sendState: true}],
  ])('the program is asked where the addon %s', async (_, addon) => {
    await installProgram(`for last; do :; done; echo "$last" >'${inTemp('said')}'`)
    installed.require = () => addon
    await openNotifier(env).send('READY=1')
    expect(await readFile(inTemp('said'), 'utf8')).toBe('READY=1\n')
  })
})

describe('where systemd gave no socket', () => {
  test.each([
    ['without NOTIFY_SOCKET', {}],
    ['with an empty NOTIFY_SOCKET', {NOTIFY_SOCKET: ''}],
  ])('nothing is sent %s', async (_, none) => {
    await installProgram(`echo "$1" >'${inTemp('said')}'`)
    const sent: string[] = []
    installed.require = () => ({sendState: (state: string) => sent.push(state)})
    await openNotifier(none).send('READY=1')
    expect(sent).toEqual([])
    expect(await readdir(inTemp())).toEqual(['bin'])
  })
})
