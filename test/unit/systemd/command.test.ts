import {describe, expect, test} from 'vitest'
import {commandOf, isBesideMain} from '../../../src/systemd/command.js'
import {unitIn, useFakeHost} from '../../support/fake-host.js'

const host = useFakeHost()
const env = {SYSTEMD_EXEC_PID: '4242'}
const signal = new AbortController().signal
/** How systemctl shows a command that runs as this PID, or has not run yet. */
const command = (pid: number): string =>
  `{ path=/bin/x ; argv[]=/bin/x ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=${String(pid)} ; code=(null) ; status=0/0 }`

describe('the command of a unit that a process is', () => {
  test.each([
    ['start-pre', 'ExecStartPre'],
    ['condition', 'ExecCondition'],
    ['start-post', 'ExecStartPost'],
    ['reload', 'ExecReload'],
    ['stop', 'ExecStop'],
    ['stop-post', 'ExecStopPost'],
    ['a state of a later systemd', 'ExecStop'],
  ])('what systemd runs as its control process, in %s, is a command of %s=', async (state, setting) => {
    await host.systemctlAnswers(`Type=notify\nSubState=${state}\nControlPID=4242\nExecStart=${command(0)}`)
    expect(await commandOf(unitIn(host), env, signal)).toMatchObject({setting, type: 'notify', isLast: false})
  })

  test('the main process is a command of ExecStart=, whatever systemd runs beside it', async () => {
    await host.systemctlAnswers(`Type=simple\nSubState=start-post\nControlPID=77\nExecStart=${command(4242)}`)
    expect(await commandOf(unitIn(host), env, signal)).toEqual({
      setting: 'ExecStart',
      type: 'simple',
      remains: false,
      isLast: true,
      pidFile: undefined,
      killMode: undefined,
      hasStopCommand: false,
    })
  })

  test('the command of Type=forking is one of ExecStart=, although systemd calls it its control process', async () => {
    const stop = `ExecStop=${command(0)}`
    await host.systemctlAnswers(
      `Type=forking\nPIDFile=/run/x.pid\nKillMode=mixed\nSubState=start\nControlPID=4242\nExecStart=${command(4242)}\n${stop}`,
    )
    expect(await commandOf(unitIn(host), env, signal)).toMatchObject({
      setting: 'ExecStart',
      isLast: true,
      pidFile: '/run/x.pid',
      killMode: 'mixed',
      hasStopCommand: true,
    })
  })

  test('a command of a oneshot is not the last one while another is to follow', async () => {
    const two = (first: number, second: number): string =>
      `Type=oneshot\nRemainAfterExit=yes\nSubState=start\nControlPID=0\nExecStart=${command(first)}\nExecStart=${command(second)}`
    await host.systemctlAnswers(two(4242, 0))
    expect(await commandOf(unitIn(host), env, signal)).toMatchObject({remains: true, isLast: false})
    await host.systemctlAnswers(two(4000, 4242))
    expect(await commandOf(unitIn(host), env, signal)).toMatchObject({remains: true, isLast: true})
  })

  test('a process that somebody else has started for a command is known by what the unit is at', async () => {
    await host.systemctlAnswers(`Type=simple\nSubState=start-pre\nControlPID=77\nExecStart=${command(0)}`)
    expect(await commandOf(unitIn(host), {}, signal)).toMatchObject({setting: 'ExecStartPre', isLast: false})
    await host.systemctlAnswers(`Type=oneshot\nSubState=start\nControlPID=0\nExecStart=${command(77)}`)
    expect(await commandOf(unitIn(host), {}, signal)).toMatchObject({setting: 'ExecStart', isLast: true})
    const ended = command(77).replace('stop_time=[n/a]', 'stop_time=[Wed 2026-11-25 23:15:42 UTC]')
    await host.systemctlAnswers(`Type=oneshot\nSubState=start\nControlPID=0\nExecStart=${ended}`)
    expect(await commandOf(unitIn(host), {}, signal)).toMatchObject({setting: 'ExecStart', isLast: false})
  })

  test('of a systemd that does not say which process it has started, this one is meant', async () => {
    await host.systemctlAnswers(`Type=oneshot\nSubState=start-pre\nControlPID=${String(process.pid)}`)
    expect(await commandOf(unitIn(host), {}, signal)).toMatchObject({setting: 'ExecStartPre'})
  })

  test('nothing is known where systemd does not answer', async () => {
    await host.systemctlAnswers('', 1)
    expect(await commandOf(unitIn(host), env, signal)).toBeUndefined()
  })
})

test('a process that systemd runs beside the main process is told by its environment', () => {
  expect(isBesideMain({MAINPID: '17'})).toBe(true)
  expect(isBesideMain({SERVICE_RESULT: 'success'})).toBe(true)
  expect(isBesideMain({MAINPID: String(process.pid)})).toBe(false)
  expect(isBesideMain({})).toBe(false)
})
