import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {EACH_RELEASE} from '../support/host/hosts.js'
import {CLEAN, outcomes} from '../support/service/outcomes.js'
import {defineService, unique} from '../support/service/service.js'

const see = outcomes('labels')

/** busybox with labels that are called as what the Engine's events say; gone after the test. */
async function imageWith(guest: Guest, labels: string): Promise<string> {
  const name = unique()
  const container = await guest.run('docker', 'create', 'busybox', 'sh')
  await guest.run('docker', 'commit', '--change', `LABEL ${labels}`, container, name)
  await guest.run('docker', 'rm', container)
  onTestFinished(async () => {
    await guest.attempt(['docker', 'rmi', '--force', name])
  })
  return name
}

describe.each(EACH_RELEASE)('an image on $name whose labels are called as what events say', ({guest}) => {
  test.each([
    ['exitCode=0 signal=9', '--rm'],
    ['exitCode=0 signal=9', ''],
    ['exitCode=abc signal=abc', '--rm'],
  ])(
    "an image's labels that are called as what events say have no say in the status of its unit: LABEL %s, %s",
    async (labels, rm) => {
      const image = await imageWith(guest, labels)
      const service = await defineService(guest, `run ${rm} --name %n ${image} sh -c "sleep 0.3; exit 7"`)
      await service.start()
      await service.reaches({ActiveState: 'failed'})
      expect(await see(guest, service, `exit 7, LABEL ${labels}`)).toEqual({
        ...CLEAN,
        ActiveState: 'failed',
        Result: 'exit-code',
        ExecMainStatus: '7',
        ...(rm === '' ? {docker: 'exited 7'} : {}),
      })
    },
  )

  test("an image's labels cannot make a success of a container that somebody has removed from a unit that is handed over", async () => {
    const image = await imageWith(guest, 'exitCode=0')
    const service = await defineService(guest, `--handover run --name %n --init ${image} sleep 1000`, {
      Delegate: 'yes',
      ExecStop: '/usr/bin/docker stop %n',
      ExecStopPost: '/opt/bin/systemd-docker finish %n',
    })
    await service.start()
    await guest.run('docker', 'rm', '--force', service.name)
    // systemd does not always hear of the end by itself.
    await service.stop()
    await service.reaches({ActiveState: 'failed'})
    await service.says(/ended, and the Engine does not report its status$/)
    expect(await see(guest, service, 'docker rm -f, handed over, LABEL exitCode=0')).toMatchObject({docker: 'gone'})
  })
})
