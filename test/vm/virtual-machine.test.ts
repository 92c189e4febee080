import {describe, expect, test} from 'vitest'
import {EVERY_HOST} from '../support/host/hosts.js'
import {HARDENED} from '../support/service/hardening.js'
import {warningsOf} from '../support/service/placed.js'
import {containers, defineService} from '../support/service/service.js'

describe.each(EVERY_HOST)('the virtual machine $name', ({guest}) => {
  test('the virtual machine has systemd as its PID 1, all units up, the time of this machine, and cgroup v2 with real controllers at its root', async () => {
    expect(await guest.run('cat', '/proc/1/comm')).toBe('systemd')
    expect(await guest.run('systemctl', 'is-system-running')).toBe('running')
    expect(Math.abs(Number(await guest.run('date', '+%s')) - Date.now() / 1000)).toBeLessThan(60)
    expect(await guest.run('stat', '--file-system', '--format=%T', '/sys/fs/cgroup')).toBe('cgroup2fs')
    const controllers = (await guest.run('cat', '/sys/fs/cgroup/cgroup.controllers')).split(' ')
    expect(controllers).toEqual(expect.arrayContaining(['cpuset', 'cpu', 'io', 'memory', 'pids']))
  })

  test("the virtual machine gives back a command's words, output, errors and status, of several at once", async () => {
    const words = ['', 'two words', `"'$HOME'"`, '*', 'a\nb', '--', 'ä']
    const script = 'printf "<%s>" "$@"; printf wrong >&2; exit 7'
    const results = await Promise.all(
      Array.from({length: 4}, () => guest.attempt(['sh', '-c', script, 'sh', ...words])),
    )
    const expected = {status: 7, stdout: words.map((word) => `<${word}>`).join(''), stderr: 'wrong'}
    expect(results).toEqual([expected, expected, expected, expected])
    const input = Buffer.alloc(3_000_000, 'input\n')
    expect((await guest.attempt(['wc', '--bytes'], {input})).stdout).toBe('3000000\n')
  })

  test('the virtual machine limits the memory of a container', async () => {
    const limit = ['cat', '/sys/fs/cgroup/memory.max']
    expect(await guest.run('docker', 'run', '--rm', '-m', '32m', 'busybox', ...limit)).toBe(String(32 * 1024 * 1024))
    const greedy = ['sh', '-c', 'head -c 100000000 /dev/zero | tail -c 99999999']
    const {status} = await guest.attempt(['docker', 'run', '--rm', '-m', '32m', 'busybox', ...greedy])
    expect(status).toBe(137)
  })

  test("a service starts with its container born in the unit, where Docker's limit binds, and stops without a rest", async () => {
    const container = 'busybox sh -c "trap exit TERM; sleep 1000 & wait"'
    const service = await defineService(guest, `run --rm --name %n -m 48m ${container}`, {Delegate: 'yes'})
    const {status, stderr} = await service.start()
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    expect(await service.show('ActiveState', 'SubState')).toEqual({ActiveState: 'active', SubState: 'running'})
    expect(await service.pids()).toContain(Number(await service.inspect('{{.State.Pid}}')))
    const own = `/sys/fs/cgroup/system.slice/${service.name}/${await service.inspect('{{.Id}}')}`
    expect(await guest.run('cat', `${own}/memory.max`)).toBe(String(48 * 1024 * 1024))
    expect(await guest.run('docker', 'stats', '--no-stream', '--format', '{{.MemUsage}}')).toContain(' / 48MiB')

    expect((await service.stop()).status).toBe(0)
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    expect(await service.pids()).toEqual([])
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test.each(['no', 'yes'])(
    "several runs in one unit with Delegate=%s leave its cgroup such that systemd's next command starts",
    async (Delegate) => {
      const run = '/opt/bin/systemd-docker run --rm'
      const service = await defineService(guest, '', {
        Type: 'oneshot',
        Delegate,
        ExecStartPre: `${run} busybox echo before`,
        ExecStart: [`${run} -m 32m busybox echo first`, `${run} --name %n busybox echo second`],
        ExecStopPost: '/bin/echo after',
      })
      const {status, stderr} = await service.start()
      const journal = await service.journal()
      expect({status, stderr}, journal.join('\n')).toEqual({status: 0, stderr: ''})
      const echoed = journal.filter((line) => ['before', 'first', 'second', 'after'].includes(line))
      expect(echoed).toEqual(['before', 'first', 'second', 'after'])
      expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
      expect(await containers(guest, `label=systemd-docker.unit=${service.name}`)).toEqual([])
    },
  )

  test("a hardened unit that cannot change its cgroup has its container in it all the same, where Docker's limit binds, if its own processes are kept out of the way", async () => {
    const service = await defineService(guest, 'run --rm --name %n --init -m 48m busybox sleep 1000', {
      ...HARDENED,
      ProtectControlGroups: 'yes',
      Delegate: 'yes',
      DelegateSubgroup: 'supervisor',
      KillMode: 'mixed',
    })
    const {status, stderr} = await service.start()
    expect({status, stderr}, (await service.journal()).join('\n')).toEqual({status: 0, stderr: ''})
    expect(await warningsOf(guest, service)).toEqual([])
    const own = `/sys/fs/cgroup/system.slice/${service.name}/${await service.inspect('{{.Id}}')}`
    expect(await guest.run('cat', `${own}/memory.max`)).toBe(String(48 * 1024 * 1024))
    expect((await service.stop()).status).toBe(0)
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a container that hands its controllers on, as one that runs containers does, starts in a unit without Delegate=', async () => {
    // It shares the cgroups of the host, and hands on what its unit has before anybody can take it back.
    const inner = [
      'mkdir /sys/fs/cgroup/init',
      'echo 1 >/sys/fs/cgroup/init/cgroup.procs',
      'echo +pids +memory >/sys/fs/cgroup/cgroup.subtree_control && echo handed on',
      'trap exit TERM',
      'sleep 1000 & wait',
    ].join('; ')
    const service = await defineService(guest, `run --rm --privileged --name %n busybox sh -c "${inner}"`)
    const {status, stderr} = await service.start()
    expect({status, stderr}, (await service.journal()).join('\n')).toEqual({status: 0, stderr: ''})
    await service.says('handed on')
    await service.says(/ does not have Delegate=yes, and its controllers cannot be disabled now, /)
    expect((await service.stop()).status).toBe(0)
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })
})
