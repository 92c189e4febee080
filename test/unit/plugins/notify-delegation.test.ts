import {mkdir, readdir, symlink, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import type {CreateRequest} from '../../../src/docker/create-request.js'
import {notifyDelegation} from '../../../src/plugins/notify-delegation.js'
import type * as DatagramSockets from '../../../src/systemd/datagram-socket.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {finishContext, hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'
import {openSender} from '../../support/datagram-sender.js'
import {inspection} from '../../support/engine/inspection.js'
import {useFakeHost} from '../../support/fake-host.js'
import {useTempDirectory} from '../../support/temp-directory.js'
import {thrownBy} from '../../support/thrown.js'

const around = vi.hoisted(() => ({hasKoffi: true}))

vi.mock('../../../src/systemd/datagram-socket.js', async (importOriginal) => {
  const original = await importOriginal<typeof DatagramSockets>()
  return {
    loadDatagramSockets: () => (around.hasKoffi ? original.loadDatagramSockets() : {why: "Cannot find module 'koffi'"}),
  }
})

const host = useFakeHost()
const inTemp = useTempDirectory()
const env = {NOTIFY_SOCKET: '/run/systemd/notify'}
const container = {id: '0123456789ab', tty: false}
type Values = Parameters<typeof notifyDelegation.setup>[0]
type Notify = Values['notify']

/** The values of the options on a line that says these. */
function values(said: Partial<Values>): Values {
  const unsaid = {ready: undefined, 'ready-interval': undefined, 'ready-probe-timeout': undefined}
  return {notify: false, 'ready-timeout': undefined, ...unsaid, ...said}
}

/** What `resolve` makes of a request, and what is said of it; the user is one that has a directory for sockets. */
async function resolved(
  notify: Notify,
  host: Parameters<typeof pluginHost>[0] = {},
  request: CreateRequest = {...plainRequest(), name: 'web'},
) {
  const {host: given, lines} = pluginHost({...host, env: {XDG_RUNTIME_DIR: inTemp(), ...env, ...host.env}})
  const hooks = notifyDelegation.setup(values({notify}), given)
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

  test('a hand-over says which socket the container has', async () => {
    expect((await resolved('raw', {handover: true})).lines).toEqual([
      "info: the container has systemd's own notification socket, because --notify=raw is set",
    ])
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
    expect(notifyDelegation.setup(values({notify}), host)).toBeUndefined()
    expect(lines).toEqual(['warn: --notify has no effect: systemd set no NOTIFY_SOCKET (the unit needs Type=notify)'])
  })

  test('a socket that is no file is refused', () => {
    const {host} = pluginHost({env: {NOTIFY_SOCKET: '@abstract'}})
    expect(thrownBy(() => notifyDelegation.setup(values({notify}), host))).toMatchObject({
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

describe('with --ready', () => {
  const handedOn = (): CreateRequest => {
    const request = plainRequest()
    request.body.HostConfig.Binds.push('/run/systemd/notify:/n')
    request.body.Env.push('NOTIFY_SOCKET=/n')
    return request
  }

  test('the container is given a socket with --ready container as with --notify', async () => {
    const said = values({ready: 'container', notify: false})
    const hooks = notifyDelegation.setup(said, pluginHost({env: {...env, XDG_RUNTIME_DIR: inTemp()}}).host)
    const request = plainRequest()
    await hooks?.resolve?.({...hookContext().context, request})
    expect(request.body.Env.join()).toMatch(/^NOTIFY_SOCKET=.*notify\.sock$/)
    expect(await hooks?.ready?.({...hookContext().context, container})).toBe('delegated')
  })

  test('nothing is waited for with --ready started, and systemd-docker says it', async () => {
    const hooks = notifyDelegation.setup(values({ready: 'started'}), pluginHost({env}).host)
    expect(hooks?.awaits?.()).toBeUndefined()
    expect(await hooks?.ready?.({...hookContext().context, container})).toBeUndefined()
  })

  test.each(['started', 'delay:1s'])(
    "a line that hands systemd's socket on beside --ready %s is warned of",
    async (ready) => {
      const {host, lines} = pluginHost({env})
      const request = handedOn()
      await notifyDelegation.setup(values({ready}), host)?.resolve?.({...hookContext().context, request})
      expect(lines).toEqual([
        `warn: the line gives the container systemd's own notification socket, so its READY=1 makes the unit ready before --ready ${ready} does: set --notify=ignore`,
      ])
    },
  )

  test('with --notify=ignore the container does not get the socket of the line, and is waited for', async () => {
    const {host, lines} = pluginHost({env})
    const request = handedOn()
    const hooks = notifyDelegation.setup(values({ready: 'delay:1s', notify: 'ignore'}), host)
    await hooks?.resolve?.({...hookContext().context, request})
    expect([request.body.Env, request.body.HostConfig.Binds, lines]).toEqual([[], [], []])
    expect(hooks?.awaits?.()).toBe('delay:1 s')
  })

  test('the container cannot say what it is not to say', () => {
    const {host} = pluginHost({env})
    expect(thrownBy(() => notifyDelegation.setup(values({notify: 'ignore', ready: 'container'}), host))).toMatchObject({
      code: 'CONFLICTING_OPTIONS',
    })
  })

  test('something else than the container cannot say it beside the container', () => {
    const surroundings = pluginHost({env}).host
    expect(
      thrownBy(() => notifyDelegation.setup(values({notify: true, ready: 'healthy'}), surroundings)),
    ).toMatchObject({
      code: 'CONFLICTING_OPTIONS',
      message: '--notify and --ready healthy cannot be used together: with --notify the container itself sends READY=1',
    })
  })

  test.each([
    {ready: 'soon'},
    {ready: 'healthy', 'ready-interval': '1'},
    {ready: 'healthy', 'ready-probe-timeout': '1'},
    {ready: 'healthy', 'ready-timeout': '0s'},
  ])('%j is refused before anything is made', async (said) => {
    const hooks = notifyDelegation.setup(values(said), pluginHost().host)
    const resolved = hooks?.resolve?.({...hookContext().context, request: plainRequest()})
    await expect(Promise.resolve(resolved)).rejects.toMatchObject({code: 'BAD_VALUE'})
  })

  test('the container is asked until it is ready, which is said before, and --dry-run says it as well', async () => {
    let tries = 0
    const engine = fakeEngine({
      inspect: () => Promise.resolve(inspection({})),
      exec: () => Promise.resolve({exitCode: ++tries < 3 ? 1 : 0, output: ''}),
    })
    const said = values({ready: 'exec:check', 'ready-interval': '10ms'})
    const hooks = notifyDelegation.setup(said, pluginHost({engine}).host)
    const {context, told} = hookContext()
    await hooks?.resolve?.({...context, request: plainRequest()})
    expect(hooks?.awaits?.()).toBe('exec:check')
    expect(hooks?.describe?.()).toEqual(['wait for exec:check before READY=1'])
    await hooks?.start?.({...context, container})
    expect(await hooks?.ready?.({...context, container})).toBeUndefined()
    expect(told).toEqual(['status 1, 1st try', 'status 1, 2nd try'])
  })

  test('a container that could never be ready is refused before it starts', async () => {
    const engine = fakeEngine({inspect: () => Promise.resolve(inspection({checksHealth: false}))})
    const hooks = notifyDelegation.setup(values({ready: 'healthy'}), pluginHost({engine}).host)
    const {context} = hookContext()
    await hooks?.resolve?.({...context, request: plainRequest()})
    await expect(Promise.resolve(hooks?.start?.({...context, container}))).rejects.toMatchObject({
      code: 'REFUSED_OPTION',
    })
  })

  test.each([
    ['a unit that lets start for less', '30s', ['wait 65000 ms more'], '50s'],
    ['a unit that lets start for longer', '1h', [], '50s'],
    ['a unit that lets start for ever', 'infinity', [], '50s'],
  ])('systemd is asked to wait for --ready-timeout in %s', async (_, limit, asked, timeout) => {
    await host.systemctlAnswers(`TimeoutStartUSec=${limit}`)
    const engine = fakeEngine({
      inspect: () => Promise.resolve(inspection({})),
      exec: () => Promise.resolve({exitCode: 0, output: ''}),
    })
    const unit = {name: 'web.service', manager: 'system'} as const
    const hooks = notifyDelegation.setup(
      values({ready: 'exec:true', 'ready-timeout': timeout}),
      pluginHost({engine, unit}).host,
    )
    const {context, told} = hookContext()
    await hooks?.resolve?.({...context, request: plainRequest()})
    await hooks?.ready?.({...context, container})
    expect(told).toEqual(asked)
  })
})

test('the plugin sits the run out without --notify, and says nothing', () => {
  const {host, lines} = pluginHost()
  expect(notifyDelegation.setup(values({notify: false}), host)).toBeUndefined()
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
