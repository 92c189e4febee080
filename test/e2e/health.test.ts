import {describe, expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {EACH_RELEASE} from '../support/host/hosts.js'
import {containers, defineService, runs, type Service} from '../support/service/service.js'

const PATIENCE_MS = 20_000
const WATCHDOG_S = 2
/** A container that is healthy until it has a file /tmp/sick, and says something when it is stopped. */
const CHECKED = `run --rm --name %n --health-cmd "! cat /tmp/sick" --health-interval 1s --health-retries 1 busybox sh -c "trap 'echo stopping; exit 0' TERM; while :; do sleep 0.1; done"`

/** A container that says once that it is ready, and nothing more. */
const SILENT = `--notify run --rm --init --name %n -v /:/host:ro busybox sh -c "chroot /host systemd-notify --ready; trap 'echo stopping; exit 0' TERM; while :; do sleep 0.1; done"`

describe.each(EACH_RELEASE)('a container with a health check on $name', ({guest}) => {
  const sicken = async ({name}: Service): Promise<void> => {
    await guest.run('docker', 'exec', name, 'sh', '-c', 'echo out of order >/tmp/sick')
  }
  const healthy = async (service: Service): Promise<void> => {
    await service.reaches({StatusText: runs(service.name, ', healthy')})
  }

  test('a container that has to answer the watchdog itself, and does not, has its time to stop, and nothing is left', async () => {
    const service = await defineService(guest, SILENT, {WatchdogSec: String(WATCHDOG_S), KillMode: 'mixed'})
    expect((await service.start()).status).toBe(0)
    await service.reaches({ActiveState: 'failed', Result: 'watchdog'})
    await service.says('stopping')
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('the status text has its health, the journal says when it turns, and each policy does what it says', async () => {
    const [logged, watched, stopped, tolerated] = await Promise.all([
      defineService(guest, CHECKED),
      defineService(guest, CHECKED, {WatchdogSec: '30', KillMode: 'mixed'}),
      defineService(guest, `--unhealthy stop ${CHECKED}`, {Restart: 'on-failure', RestartSec: '100ms'}),
      defineService(guest, `--unhealthy log ${CHECKED}`, {WatchdogSec: String(WATCHDOG_S)}),
    ])
    await Promise.all(
      [logged, watched, stopped, tolerated].map(async (service) => {
        expect((await service.start()).status).toBe(0)
        await healthy(service)
        await sicken(service)
      }),
    )
    const isLogged = async (): Promise<void> => {
      await logged.reaches({StatusText: runs(logged.name, ', unhealthy: out of order')})
      const warning = `container ${logged.name} is unhealthy: out of order`
      await logged.says(warning)
      // The container is as sick in its next life, in which its check begins anew.
      await guest.run('docker', 'restart', logged.name)
      await until(PATIENCE_MS, async () =>
        (await logged.journal()).filter((line) => line === warning).length === 2 ? true : undefined,
      )
      await guest.run('docker', 'exec', logged.name, 'rm', '/tmp/sick')
      await healthy(logged)
      await logged.says(`container ${logged.name} is healthy again`)
      expect(await logged.show('ActiveState', 'NRestarts')).toEqual({ActiveState: 'active', NRestarts: '0'})
    }
    const isWatched = async (): Promise<void> => {
      await watched.reaches({ActiveState: 'failed', Result: 'watchdog'})
      await watched.says('stopping')
      await watched.says(/Watchdog request \(last status: container .* running.*, unhealthy: out of order\)!/)
      expect(await containers(guest, `name=${watched.name}`)).toEqual([])
    }
    const isStopped = async (): Promise<void> => {
      await stopped.reaches({NRestarts: '1', ActiveState: 'active'})
      await stopped.says(/is unhealthy and is stopped \(--unhealthy=stop\): out of order$/)
      await stopped.says('stopping')
      await stopped.says(`container ${stopped.name} was stopped as it was unhealthy`)
      await stopped.says(/code=exited, status=125/)
    }
    const isTolerated = async (): Promise<void> => {
      await tolerated.reaches({StatusText: runs(tolerated.name, ', unhealthy: out of order')})
      await tolerated.says(/is unhealthy: out of order$/)
      const answeredAt = async (): Promise<number> =>
        Number((await tolerated.show('WatchdogTimestampMonotonic')).WatchdogTimestampMonotonic)
      const before = await answeredAt()
      await until(PATIENCE_MS, async () => ((await answeredAt()) - before > WATCHDOG_S * 1_000_000 ? true : undefined))
      expect(await tolerated.show('ActiveState', 'NRestarts')).toEqual({ActiveState: 'active', NRestarts: '0'})
    }
    await Promise.all([isLogged(), isWatched(), isStopped(), isTolerated()])
  })
})
