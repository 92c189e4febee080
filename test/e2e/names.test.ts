import {describe, expect, test} from 'vitest'
import {HOSTS} from '../helpers/hosts.js'
import {containers, defineService, unique} from '../helpers/service.js'

describe.each(HOSTS)('a named container on $name', ({guest}) => {
  test('is started again with its own settings when it is stopped and --rm is not given', async () => {
    const service = await defineService(guest, 'run --name %n -e WORD=new busybox sh -c "echo word $$WORD"', {
      Type: 'oneshot',
    })
    await guest.attempt([
      'docker',
      'run',
      '--name',
      service.name,
      '-e',
      'WORD=old',
      'busybox',
      'sh',
      '-c',
      'echo word $WORD',
    ])
    const id = await service.inspect('{{.Id}}')
    expect((await service.start()).status).toBe(0)
    await service.says('word old')
    expect(await service.inspect('{{.Id}} {{.State.Running}}')).toBe(`${id} false`)
  })

  test('is replaced by a new one when it is stopped and --rm is given', async () => {
    const service = await defineService(guest, 'run --rm --name %n -e WORD=new busybox sh -c "echo word $$WORD"', {
      Type: 'oneshot',
    })
    await guest.attempt(['docker', 'run', '--name', service.name, '-e', 'WORD=old', 'busybox', 'true'])
    expect((await service.start()).status).toBe(0)
    await service.says('word new')
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('is taken over when it is running, moved into the unit, and not started twice', async () => {
    const service = await defineService(guest, 'run --name %n busybox echo not me')
    await guest.run(
      'docker',
      'run',
      '--detach',
      '--name',
      service.name,
      '--cap-drop=MKNOD',
      'busybox',
      'sh',
      '-c',
      'while :; do echo still me; sleep 0.2; done',
    )
    const before = await service.inspect('{{.Id}} {{.State.Pid}}')
    expect((await service.start()).status).toBe(0)
    expect(await service.inspect('{{.Id}} {{.State.Pid}}')).toBe(before)
    expect(await service.pids()).toContain(Number(before.split(' ')[1]))
    await service.says('still me')
    expect(await service.journal()).not.toContain('not me')
  })

  test('is gone after the end when it was taken over with --rm', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox echo not me')
    const untilTold = 'while [ ! -e /tmp/end ]; do sleep 0.2; done'
    await guest.run('docker', 'run', '--detach', '--name', service.name, 'busybox', 'sh', '-c', untilTold)
    await service.start()
    await guest.run('docker', 'exec', service.name, 'touch', '/tmp/end')
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  const untilStopped = 'sh -c "trap exit TERM; while :; do sleep 0.1; done"'

  test.each([
    {
      what: 'although systemctl is not on the PATH of who asks for it',
      unit: {Environment: 'PATH=/usr/local/bin'},
      says: (owner: string) => ` is that of ${owner}, which uses it: give one of the two units another --name`,
    },
    {
      what: 'although systemd cannot be asked whether that unit has ended',
      unit: {InaccessiblePaths: '-/run/systemd/private -/run/dbus'},
      says: (owner: string) =>
        ` is that of ${owner}, and systemd does not answer whether that unit has ended: try again, or give one of the two units another --name`,
    },
  ])('that a running unit uses stays with it, $what', async ({unit, says}) => {
    const owner = await defineService(guest, `run --rm --name %n busybox ${untilStopped}`)
    expect((await owner.start()).status).toBe(0)
    const thief = await defineService(guest, `--on-drift=replace run --rm --name ${owner.name} busybox true`, unit)
    expect((await thief.start()).status).toBe(1)
    await thief.says(`the container name ${owner.name}${says(owner.name)}`)
    expect(await owner.inspect('{{.State.Status}}')).toBe('running')
    expect(await owner.show('ActiveState')).toEqual({ActiveState: 'active'})
  })

  test("that is the beginning of a stranger's id leaves the stranger alone", async () => {
    const stranger = await guest.run('docker', 'run', '--detach', 'busybox', 'sleep', '1000')
    const service = await defineService(guest, `run --rm --name ${stranger.slice(0, 12)} busybox echo mine`, {
      Type: 'oneshot',
    })
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says('mine')
    expect(await guest.run('docker', 'inspect', '--format', '{{.State.Running}}', stranger)).toBe('true')
    await guest.run('docker', 'rm', '--force', stranger)
  })

  test.each(['--logs', '--logs=false'])('is removed after its end with --rm and %s', async (logs) => {
    const service = await defineService(guest, `${logs} run -rm -name=%n busybox echo hi`, {Type: 'oneshot'})
    expect((await service.start()).status).toBe(0)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    expect((await service.journal()).includes('hi')).toBe(logs === '--logs')
  })

  test('is kept after its end without --rm', async () => {
    const service = await defineService(guest, 'run --name %n busybox echo hi', {Type: 'oneshot'})
    await service.start()
    expect(await service.inspect('{{.State.Status}}')).toBe('exited')
  })

  test('and one without a name are both gone when the unit stops, with their anonymous volumes', async () => {
    const label = unique()
    const service = await defineService(guest, `run --rm --label ${label} -v /data busybox sleep 1000`)
    await service.start()
    expect(await containers(guest, `label=${label}`)).toHaveLength(1)
    const volume = await guest.run(
      'sh',
      '-c',
      `docker inspect --format '{{(index .Mounts 0).Name}}' $(docker ps -q --filter label=${label})`,
    )
    await service.stop()
    expect(await containers(guest, `label=${label}`)).toEqual([])
    expect((await guest.attempt(['docker', 'volume', 'inspect', volume])).status).toBe(1)
  })
})
