import {describe, expect, test} from 'vitest'
import {HOSTS} from '../support/host/hosts.js'
import {defineService} from '../support/service/service.js'

/** Says its count, and ends at once when it is asked to by SIGTERM. */
const COUNTING = `trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done`

describe.each(HOSTS)('the output of a container on $name', ({guest}) => {
  test('the output of a container that is taken over while it is paused comes once it goes on', async () => {
    const service = await defineService(guest, '--cgroups none run --name %n busybox')
    const made = ['--detach', `--name=${service.name}`, 'busybox', 'sh', '-c', COUNTING]
    await guest.run('docker', 'run', ...made)
    await guest.run('docker', 'pause', service.name)
    expect((await service.start()).status).toBe(0)
    await service.reaches({ActiveState: 'active'})
    await guest.run('docker', 'unpause', service.name)
    await service.says(/^line \d+$/)
    await service.reaches({StatusText: `container ${service.name} running`})
    await service.stop()
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
  })
})
