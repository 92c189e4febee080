import {describe, expect, test} from 'vitest'
import {notifyDelegation} from '../../../src/plugins/notify-delegation.js'
import {hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'
import {thrownBy} from '../../support/thrown.js'

const env = {NOTIFY_SOCKET: '/run/systemd/notify'}

describe('with --notify', () => {
  test("the container is given systemd's socket where it is, and is told so", async () => {
    const request = plainRequest()
    request.body.Env.push('NOTIFY_SOCKET=/elsewhere', 'A=b')
    request.body.HostConfig.Binds.push('/a:/b')
    const hooks = notifyDelegation.setup({notify: true}, pluginHost({env}).host)
    await hooks?.resolve?.({...hookContext().context, request})
    expect(request.body.HostConfig.Binds).toEqual(['/a:/b', '/run/systemd/notify:/run/systemd/notify'])
    expect(request.body.Env.at(-1)).toBe('NOTIFY_SOCKET=/run/systemd/notify')
  })

  test('the container says itself that it is ready', async () => {
    const hooks = notifyDelegation.setup({notify: true}, pluginHost({env}).host)
    const container = {id: '0123456789ab', tty: false, pid: 42}
    expect(await hooks?.ready?.({...hookContext().context, container})).toBe('delegated')
  })

  test.each([
    ['without NOTIFY_SOCKET', {}],
    ['with an empty NOTIFY_SOCKET', {NOTIFY_SOCKET: ''}],
  ])('the plugin sits the run out %s with a warning', (_, without) => {
    const {host, lines} = pluginHost({env: without})
    expect(notifyDelegation.setup({notify: true}, host)).toBeUndefined()
    expect(lines).toEqual([
      'warn: --notify has no effect: systemd set no NOTIFY_SOCKET (the unit needs Type=notify and NotifyAccess=all)',
    ])
  })

  test('a socket that is no file is refused', () => {
    const {host} = pluginHost({env: {NOTIFY_SOCKET: '@abstract'}})
    expect(thrownBy(() => notifyDelegation.setup({notify: true}, host))).toMatchObject({
      code: 'REFUSED_OPTION',
      message: 'option --notify is refused: the socket @abstract is not a file and cannot be passed to a container',
    })
  })
})

test('the plugin sits the run out without --notify, and says nothing', () => {
  const {host, lines} = pluginHost()
  expect(notifyDelegation.setup({notify: false}, host)).toBeUndefined()
  expect(lines).toEqual([])
})
