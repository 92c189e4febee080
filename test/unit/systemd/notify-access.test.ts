import {describe, expect, test} from 'vitest'
import {warnUnlessHeard} from '../../../src/systemd/notify-access.js'
import {NEVER_ABORTED} from '../../../src/timing.js'
import {useFakeHost} from '../../support/fake-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const UNIT = {name: 'web.service', manager: 'system'} as const
const SCRIPT = {NOTIFY_SOCKET: '/run/systemd/notify', SYSTEMD_EXEC_PID: '77'}
const host = useFakeHost()

async function warned(env: NodeJS.ProcessEnv): Promise<string[]> {
  const {log, lines} = recordingLog()
  await warnUnlessHeard(UNIT, env, log, NEVER_ABORTED)
  return lines
}

describe('a unit that will not hear of its container', () => {
  test('a unit that hears its main process alone, which has started this one, will not hear of its container', async () => {
    await host.systemctlAnswers('NotifyAccess=main\nMainPID=77')
    expect(await warned(SCRIPT)).toEqual([
      "warn: web.service will not learn that its container is ready, because NotifyAccess=main accepts messages only from process 77: set NotifyAccess=all, or begin the script's command with exec",
    ])
  })

  test.each([
    ['hears all of its processes', 'NotifyAccess=all\nMainPID=77'],
    ['has this process as its main process', `NotifyAccess=main\nMainPID=${String(process.pid)}`],
    ['has no main process yet', 'NotifyAccess=main\nMainPID=0'],
    ['is not known to systemctl', ''],
  ])('a unit will hear of its container that %s', async (_, answer) => {
    await host.systemctlAnswers(answer)
    expect(await warned(SCRIPT)).toEqual([])
  })

  test.each([
    ['systemd has started this process itself', {...SCRIPT, SYSTEMD_EXEC_PID: String(process.pid)}],
    ['systemd is too old to say whom it has started', {NOTIFY_SOCKET: '/run/systemd/notify'}],
    ['systemd hears nobody', {SYSTEMD_EXEC_PID: '77'}],
  ])('systemd is not asked where %s', async (_, env) => {
    expect(await warned(env)).toEqual([])
    expect(await host.systemctlCalls()).toEqual([])
  })
})
