import {describe, expect, test} from 'vitest'
import {HOSTS} from '../support/host/hosts.js'
import {defineService} from '../support/service/service.js'

describe.each(HOSTS)('--pid-file on $name', ({guest}) => {
  test("--pid-file holds the PID of the container's init while it runs, and is gone with it", async () => {
    const service = await defineService(guest, '--pid-file /run/%n.pid run --rm --init --name %n busybox sleep 1000')
    const path = `/run/${service.name}.pid`
    await service.start()
    expect(await guest.run('cat', path)).toBe(await service.inspect('{{.State.Pid}}'))
    expect(await guest.run('stat', '--format', '%a %U', path)).toBe('644 root')
    await service.stop()
    expect((await guest.attempt(['sh', '-c', `ls ${path}*`])).stdout).toBe('')
  })

  test('--pid-file replaces a stale file, and a link without writing to where it leads', async () => {
    const service = await defineService(guest, '-p /run/%n.pid run --rm --name %n busybox sleep 1000')
    const path = `/run/${service.name}.pid`
    await guest.write(`/run/${service.name}.victim`, 'precious')
    await guest.run('ln', '-s', `/run/${service.name}.victim`, path)
    await service.start()
    expect(await guest.run('cat', path)).toBe(await service.inspect('{{.State.Pid}}'))
    expect(await guest.run('cat', `/run/${service.name}.victim`)).toBe('precious')
    await guest.run('rm', `/run/${service.name}.victim`)
  })

  test.each([
    [
      'in a directory that is not there',
      '/run/nowhere/%n.pid',
      /cannot write the pid file \/run\/nowhere\/.*: there is no directory \/run\/nowhere; name a file/,
    ],
    ['that is a directory', '/run', /cannot write the pid file \/run: it is a directory/],
  ])('%s is refused before anything is created', async (_, path, words) => {
    const service = await defineService(guest, `--pid-file ${path} run --rm --name %n busybox sleep 1000`)
    await service.start()
    await service.says(words)
    expect(await service.show('ActiveState', 'ExecMainStatus')).toEqual({ActiveState: 'failed', ExecMainStatus: '125'})
    const events = await guest.run(
      'docker',
      'events',
      '--since',
      '1h',
      '--until',
      '0s',
      '--filter',
      `container=${service.name}`,
    )
    expect(events).toBe('')
  })
})
