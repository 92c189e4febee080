import {mkdir, readdir, symlink, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import type {CreateRequest} from '../../../src/docker/create-request.js'
import {notifyDelegation} from '../../../src/plugins/notify-delegation.js'
import type * as DatagramSockets from '../../../src/systemd/datagram-socket.js'
import {finishContext, hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'
import {openSender} from '../../support/datagram-sender.js'
import {useTempDirectory} from '../../support/temp-directory.js'
import {thrownBy} from '../../support/thrown.js'

const around = vi.hoisted(() => ({hasKoffi: true}))

vi.mock('../../../src/systemd/datagram-socket.js', async (importOriginal) => {
  const original = await importOriginal<typeof DatagramSockets>()
  return {
    loadDatagramSockets: () => (around.hasKoffi ? original.loadDatagramSockets() : {why: "Cannot find module 'koffi'"}),
  }
})

const inTemp = useTempDirectory()
const env = {NOTIFY_SOCKET: '/run/systemd/notify'}
const container = {id: '0123456789ab', tty: false}
type Notify = Parameters<typeof notifyDelegation.setup>[0]['notify']

/** What `resolve` makes of a request, and what is said of it; the user is one that has a directory for sockets. */
async function resolved(
  notify: Notify,
  host: Parameters<typeof pluginHost>[0] = {},
  request: CreateRequest = {...plainRequest(), name: 'web'},
) {
  const {host: given, lines} = pluginHost({...host, env: {XDG_RUNTIME_DIR: inTemp(), ...env, ...host.env}})
  const hooks = notifyDelegation.setup({notify}, given)
  await hooks?.resolve?.({...hookContext().context, request})
  const {Binds, Mounts} = request.body.HostConfig
  return {hooks, lines, Binds, Mounts, Env: request.body.Env, Labels: request.body.Labels}
}

beforeEach(() => {
  around.hasKoffi = true
  vi.spyOn(process, 'getuid').mockReturnValue(1000)
})

describe('with --notify=raw', () => {
  test("the container is given systemd's socket where it is, and is told so", async () => {
    const request = plainRequest()
    request.body.Env.push('NOTIFY_SOCKET=/elsewhere', 'A=b')
    request.body.HostConfig.Binds.push('/a:/b')
    const {hooks, Binds, Env, lines} = await resolved('raw', {}, request)
    expect(Binds).toEqual(['/a:/b', '/run/systemd/notify:/run/systemd/notify'])
    expect(Env.at(-1)).toBe('NOTIFY_SOCKET=/run/systemd/notify')
    expect([hooks?.resident?.(), hooks?.describe?.(), lines]).toEqual([undefined, [], []])
  })

  test('the container says itself that it is ready, and knows of the watchdog', async () => {
    const {hooks, Env} = await resolved('raw', {env: {WATCHDOG_USEC: '2000000', WATCHDOG_PID: '7'}})
    expect(await hooks?.ready?.({...hookContext().context, container})).toBe('delegated')
    expect(Env).toContain('WATCHDOG_USEC=2000000')
    expect(Env.join()).not.toContain('WATCHDOG_PID')
  })
})

describe.each([true, 'relay'] as const)('with --notify=%s', (notify) => {
  test('the container is given a directory with a socket of its own, read-only, the same at each start', async () => {
    const one = await resolved(notify)
    const again = await resolved(notify)
    const other = await resolved(notify, {}, {...plainRequest(), name: 'other'})
    const key = one.Labels['systemd-docker.notify'] ?? ''
    const directory = inTemp('systemd-docker', 'notify', key)
    expect(one.Binds).toEqual([`${directory}:${directory}:ro`])
    expect(one.Env).toEqual([`NOTIFY_SOCKET=${directory}/notify.sock`])
    expect(again.Binds).toEqual(one.Binds)
    expect(other.Binds).not.toEqual(one.Binds)
    expect(one.lines).toEqual([])
    expect(one.hooks?.resident?.()).toBe("it passes the container's messages to systemd")
    expect(one.hooks?.describe?.()).toEqual(["pass the container's messages to systemd"])
    expect(await readdir(inTemp())).toEqual([])
  })

  test("systemd's own socket is taken off a line that hands it on", async () => {
    const request = plainRequest()
    request.body.Env.push('NOTIFY_SOCKET=/run/systemd/notify')
    request.body.HostConfig.Binds.push('/run/systemd/notify:/run/systemd/notify')
    request.body.HostConfig.Mounts.push({Type: 'bind', Source: '/run/systemd/notify', Target: '/n'})
    const {Binds, Mounts, Env} = await resolved(notify, {}, request)
    expect([Binds.length, Mounts, Env.length]).toEqual([1, [], 1])
  })

  test('the socket is there from before the start until the end, and a container can send to it', async () => {
    const {hooks, Env} = await resolved(notify)
    const {context, undos} = hookContext()
    await hooks?.start?.({...context, container})
    const path = Env[0]?.replace('NOTIFY_SOCKET=', '') ?? ''
    openSender(path).send('READY=1')
    for (const {undo} of undos) await undo()
    expect(await readdir(inTemp('systemd-docker', 'notify'))).toEqual([])
    expect(process.listenerCount('SIGURG')).toBe(0)
  })

  test.each([
    [
      'with --handover',
      {handover: true},
      "info: the container has systemd's own notification socket, because the container is handed over to systemd, so no process of systemd-docker is there to pass its messages on",
    ],
    [
      'with --detach',
      {detached: {role: 'service', isFollowed: false} as const},
      "info: the container has systemd's own notification socket, because --detach ends this process, so no process of systemd-docker is there to pass its messages on",
    ],
    [
      'as another user in a system unit',
      {env: {XDG_RUNTIME_DIR: ''}},
      "warn: the container has systemd's own notification socket, because this user has no XDG_RUNTIME_DIR for the socket; nothing filters what it sends, such as MAINPID=, and the unit needs NotifyAccess=all: run the unit as root, or as a user unit, or set --notify=raw",
    ],
  ])("the container has systemd's own socket %s, and one line says why", async (_, host, line) => {
    const {hooks, Binds, lines} = await resolved(notify, host)
    expect(Binds).toEqual(['/run/systemd/notify:/run/systemd/notify'])
    expect(lines).toEqual([line])
    expect(hooks?.resident?.()).toBeUndefined()
    expect(await hooks?.ready?.({...hookContext().context, container})).toBe('delegated')
  })

  test("the container has systemd's own socket where koffi is not installed, with a warning", async () => {
    around.hasKoffi = false
    const {Binds, lines} = await resolved(notify)
    expect(Binds).toEqual(['/run/systemd/notify:/run/systemd/notify'])
    expect(lines).toEqual([
      "warn: the container has systemd's own notification socket, because koffi cannot be loaded: Cannot find module 'koffi'; nothing filters what it sends, such as MAINPID=, and the unit needs NotifyAccess=all: install systemd-docker with npm, without --omit=optional, or set --notify=raw",
    ])
  })

  test("the container has systemd's own socket where nothing can be written for one of its own", async () => {
    await writeFile(inTemp('file'), '')
    const {Binds, lines} = await resolved(notify, {env: {XDG_RUNTIME_DIR: inTemp('file')}})
    expect(Binds).toEqual(['/run/systemd/notify:/run/systemd/notify'])
    expect(lines.join()).toMatch(
      /cannot be written to: .*: set RuntimeDirectory=systemd-docker and RuntimeDirectoryPreserve=yes, or set --notify=raw$/,
    )
  })

  test.each([
    ['without NOTIFY_SOCKET', {}],
    ['with an empty NOTIFY_SOCKET', {NOTIFY_SOCKET: ''}],
  ])('the plugin sits the run out %s with a warning', (_, without) => {
    const {host, lines} = pluginHost({env: without})
    expect(notifyDelegation.setup({notify}, host)).toBeUndefined()
    expect(lines).toEqual(['warn: --notify has no effect: systemd set no NOTIFY_SOCKET (the unit needs Type=notify)'])
  })

  test('a socket that is no file is refused', () => {
    const {host} = pluginHost({env: {NOTIFY_SOCKET: '@abstract'}})
    expect(thrownBy(() => notifyDelegation.setup({notify}, host))).toMatchObject({
      code: 'REFUSED_OPTION',
      message: 'option --notify is refused: the socket @abstract is not a file and cannot be passed to a container',
    })
  })
})

describe('a line that hands the socket on by itself', () => {
  const handedOn = (bind: string, variable: string): CreateRequest => {
    const request = plainRequest()
    request.body.HostConfig.Binds.push(bind)
    request.body.Env.push(`NOTIFY_SOCKET=${variable}`)
    return request
  }

  test("readiness is the container's to say, and a line names --notify", async () => {
    const request = handedOn('/run/systemd/notify:/n', '/n')
    const {hooks, lines, Binds, Env} = await resolved(false, {}, request)
    expect(await hooks?.ready?.({...hookContext().context, container})).toBe('delegated')
    expect(lines).toEqual([
      "info: the line gives the container systemd's own notification socket, so the container says itself when it is ready; --notify before `run` does that, and passes on only what a container may say",
    ])
    expect([Binds, Env]).toEqual([['/run/systemd/notify:/n'], ['NOTIFY_SOCKET=/n']])
    expect(hooks?.resident?.()).toBeUndefined()
  })

  test('the socket is found behind a link, too', async () => {
    await mkdir(inTemp('run'))
    await writeFile(inTemp('run', 'notify'), '')
    await symlink(inTemp('run'), inTemp('link'))
    const request = handedOn(`${inTemp('link')}:/s`, '/s/notify')
    const {hooks} = await resolved(false, {env: {NOTIFY_SOCKET: inTemp('run', 'notify')}}, request)
    expect(await hooks?.ready?.({...hookContext().context, container})).toBe('delegated')
  })

  test.each([
    ['another socket', handedOn('/run/other:/n', '/n')],
    ['a path where nothing is mounted', handedOn('/run/systemd/notify:/n', '/run/systemd/notify')],
    ['the mount without the variable', handedOn('/run/systemd/notify:/n', '')],
  ])('%s hands on nothing', async (_, request) => {
    const {hooks, lines} = await resolved(false, {}, request)
    expect(await hooks?.ready?.({...hookContext().context, container})).toBeUndefined()
    expect(lines).toEqual([])
  })

  test('with --notify=ignore the container does not get it, and does not decide', async () => {
    const request = handedOn('/run/systemd/notify:/n', '/n')
    request.body.HostConfig.Binds.push('/a:/b')
    request.body.Env.push('A=b')
    const {hooks, lines, Binds, Env} = await resolved('ignore', {}, request)
    expect([Binds, Env, lines]).toEqual([['/a:/b'], ['A=b'], []])
    expect(await hooks?.ready?.({...hookContext().context, container})).toBeUndefined()
  })
})

test('the plugin sits the run out without --notify, and says nothing', () => {
  const {host, lines} = pluginHost()
  expect(notifyDelegation.setup({notify: false}, host)).toBeUndefined()
  expect(lines).toEqual([])
})

test('what a killed run has left of its socket is removed when the unit ends, and nothing else', async () => {
  const {host} = pluginHost({env: {XDG_RUNTIME_DIR: inTemp()}})
  await mkdir(inTemp('systemd-docker', 'notify', '0123456789abcdef'), {recursive: true})
  await mkdir(inTemp('systemd-docker', 'placement'), {recursive: true})
  for (const key of ['../placement', '0123456789abcdef'])
    await notifyDelegation.finish?.(finishContext({labels: {'systemd-docker.notify': key}}), host)
  await notifyDelegation.finish?.(finishContext(), host)
  expect(await readdir(inTemp('systemd-docker', 'notify'))).toEqual([])
  expect(await readdir(inTemp('systemd-docker'))).toEqual(['notify', 'placement'])
})
