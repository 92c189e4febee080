import {describe, expect, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {CURRENT, EACH_RELEASE} from '../support/host/hosts.js'
import {defineService} from '../support/service/service.js'

/** The lines of a unit's journal that have the priority of debugging. */
async function debugLines(guest: Guest, unit: string): Promise<string[]> {
  await guest.run('journalctl', '--sync')
  const text = await guest.run('journalctl', `--unit=${unit}`, '--output=cat', '--no-pager', 'PRIORITY=7')
  return text.split('\n')
}

describe.each(EACH_RELEASE)('debugging on $name', ({guest}) => {
  test('SYSTEMD_LOG_LEVEL=debug says at priority 7 what a run does and asks, how long it takes, and no secret', async () => {
    const service = await defineService(
      guest,
      '--env --pid-file /run/%n.pid run --rm --name %n -e TOKEN=abracadabra busybox sleep 1000',
      {Environment: ['SYSTEMD_LOG_LEVEL=debug', 'PASSWORD=hocuspocus']},
    )
    expect((await service.start()).status).toBe(0)
    const lines = (await debugLines(guest, service.name)).join('\n')
    for (const said of [
      /^systemd-docker, PID \d+, Node v/m,
      new RegExp(`^in ${service.name} of the system manager, invocation [0-9a-f]{32}$`, 'm'),
      /^option pid-file: by command line$/m,
      /^plugin pid-file: on, by default$/m,
      /^Engine: POST \S*\/containers\/create: 201 after [\d.]+ ms$/m,
      /^Engine: POST \S*\/containers\/[0-9a-f]{64}\/start: 204 after [\d.]+ ms$/m,
      /^resolve: env-injection took [\d.]+ ms$/m,
      /^started: pid-file took [\d.]+ ms$/m,
      /^container [0-9a-f]{64}: created$/m,
      /^systemd-docker stays: .*log-forwarding/m,
      /^to systemd: READY=1 STATUS=container /m,
    ])
      expect(lines).toMatch(said)
    expect(lines).not.toMatch(/abracadabra|hocuspocus/)
  })

  test('SYSTEMD_LOG_LEVEL=debug gives the stack of a failure, and its causes', async () => {
    const service = await defineService(guest, 'run --rm --name %n --pull never nowhere/none', {
      Environment: 'SYSTEMD_LOG_LEVEL=7',
    })
    await service.start()
    await service.says(/^image nowhere\/none is not on this host/)
    expect((await debugLines(guest, service.name)).join('\n')).toMatch(
      /^SystemdDockerError \[IMAGE_MISSING\]: [^]*^ {4}at /m,
    )
  })

  test('a run says nothing at priority 7 unless it is asked to, and with SYSTEMD_LOG_LEVEL=warning only warnings', async () => {
    const plain = await defineService(guest, 'run --rm --name %n busybox sleep 0.5', {Type: 'oneshot'})
    await plain.start()
    await plain.says(/^the container was born in/)
    expect(await debugLines(guest, plain.name)).toEqual([''])
    const quiet = await defineService(
      guest,
      'run --rm --name %n busybox sh -c "echo said by the container; sleep 0.5"',
      {
        Type: 'oneshot',
        Environment: 'SYSTEMD_LOG_LEVEL=warning',
      },
    )
    await quiet.start()
    await quiet.says('said by the container')
    expect((await quiet.journal()).join('\n')).not.toContain('the container was born in')
  })
})

describe.each(CURRENT)('RestartMode=debug on $name', ({guest}) => {
  test('RestartMode=debug has a start that follows a failure say all, and the first nothing', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "exit 7"', {
      Restart: 'on-failure',
      RestartMode: 'debug',
      RestartSec: '100ms',
    })
    await service.start()
    await service.says(/^systemd-docker, PID/)
    const said = await service.journal()
    const failed = said.findIndex((line) => line.includes('Scheduled restart job'))
    expect(failed).not.toBe(-1)
    expect(said.findIndex((line) => line.startsWith('systemd-docker, PID'))).toBeGreaterThan(failed)
  })
})
