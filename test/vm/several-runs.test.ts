import {describe, expect, test} from 'vitest'
import {EVERY_HOST} from '../support/host/hosts.js'
import {containers, defineService} from '../support/service/service.js'

const RUN = '/opt/bin/systemd-docker run --rm'
const CONTAINER = 'busybox sh -c "trap exit TERM; sleep 1000 & wait"'
const MEBIBYTE = 1024 * 1024

describe.each(EVERY_HOST)('detached containers on $name', ({guest}) => {
  /** The memory limit of a container in its cgroup below the unit, in bytes; nothing where that has no controllers. */
  async function limitOf(unit: string, name: string): Promise<string> {
    const id = await guest.run('docker', 'inspect', '--format', '{{.Id}}', name)
    const {stdout} = await guest.attempt(['cat', `/sys/fs/cgroup/system.slice/${unit}/${id}/memory.max`])
    return stdout.trim()
  }

  test.each([
    {Delegate: 'yes', limit: String(48 * MEBIBYTE)},
    {Delegate: 'no', limit: ''},
  ])(
    'a detached container of ExecStartPre= runs beside the main process, and both end with the unit: Delegate=$Delegate',
    async ({Delegate, limit}) => {
      const service = await defineService(guest, '', {
        Delegate,
        ExecStartPre: `${RUN} -d --name %p-before ${CONTAINER}`,
        ExecStart: `${RUN} --name %n -m 48m ${CONTAINER}`,
        ExecStopPost: '/bin/echo after',
      })
      const {status, stderr} = await service.start()
      expect({status, stderr}, (await service.journal()).join('\n')).toEqual({status: 0, stderr: ''})
      const before = service.name.replace('.service', '-before')
      for (const name of [service.name, before])
        expect(await service.pids()).toContain(
          Number(await guest.run('docker', 'inspect', '--format', '{{.State.Pid}}', name)),
        )
      expect(await limitOf(service.name, service.name)).toBe(limit)
      expect((await service.stop()).status).toBe(0)
      expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
      await service.says('after')
      expect(await containers(guest, `label=systemd-docker.unit=${service.name}`)).toEqual([])
    },
  )

  test("Docker's limit binds a detached container of a oneshot that delegates, in its last ExecStart=", async () => {
    const service = await defineService(guest, '', {
      Type: 'oneshot',
      RemainAfterExit: 'yes',
      Delegate: 'yes',
      ExecStart: [`${RUN} busybox echo first`, `${RUN} -d --name %n -m 48m ${CONTAINER}`],
      ExecStartPost: '/bin/echo after',
      ExecStop: '/usr/bin/docker stop %n',
    })
    const {status, stderr} = await service.start()
    expect({status, stderr}, (await service.journal()).join('\n')).toEqual({status: 0, stderr: ''})
    await service.says('after')
    expect(await limitOf(service.name, service.name)).toBe(String(48 * MEBIBYTE))
    expect((await service.stop()).status).toBe(0)
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
  })
})
