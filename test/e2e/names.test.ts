import {beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {withPackages} from '../support/host/host-folder.js'
import {HOSTS, NEWEST_AND_OLDEST} from '../support/host/hosts.js'
import {containers, defineService, unique, runs} from '../support/service/service.js'

describe.each(NEWEST_AND_OLDEST)('a named container on $name', ({guest}) => {
  test('a stopped container is started again with its own settings when --rm is not given', async () => {
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

  test('a stopped container is replaced by a new one when --rm is given', async () => {
    const service = await defineService(guest, 'run --rm --name %n -e WORD=new busybox sh -c "echo word $$WORD"', {
      Type: 'oneshot',
    })
    await guest.attempt(['docker', 'run', '--name', service.name, '-e', 'WORD=old', 'busybox', 'true'])
    expect((await service.start()).status).toBe(0)
    await service.says('word new')
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a running container is taken over, moved into the unit, and not started twice', async () => {
    const service = await defineService(guest, 'run --name %n busybox echo not me')
    await guest.run(
      'docker',
      'run',
      '--detach',
      '--name',
      service.name,
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

  test('a paused container is taken over as it is, which systemctl status says, and is followed from there', async () => {
    const service = await defineService(guest, '--logs=false --cgroups=none run --rm --name %n busybox echo not me')
    await guest.run('docker', 'run', '--detach', '--init', '--name', service.name, 'busybox', 'sleep', '1000')
    await guest.run('docker', 'pause', service.name)
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says(
      `container ${service.name} is paused and is taken over as it is: resume it with \`docker unpause ${service.name}\``,
    )
    expect(await service.show('StatusText')).toEqual({StatusText: `container ${service.name} paused`})
    expect(await service.inspect('{{.State.Status}}')).toBe('paused')
    await guest.run('docker', 'unpause', service.name)
    await service.reaches({StatusText: runs(service.name)})
    await service.stop()
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a container that Docker is about to start again is waited for, and then taken over', async () => {
    const service = await defineService(guest, '--logs=false --cgroups=none run --name %n busybox echo not me')
    // Docker waits twice as long before each start: 3.2 s before that of the seventh life, which stays.
    const script = 'echo >>/lives; [ $(wc -l </lives) -lt 7 ] || exec sleep 1000; exit 3'
    await guest.run(
      'docker',
      'run',
      '--detach',
      '--init',
      '--restart=always',
      '--name',
      service.name,
      'busybox',
      'sh',
      '-c',
      script,
    )
    await service.becomes('{{.State.Status}} {{.RestartCount}}', 'restarting 6')
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says(`container ${service.name} is taken over as soon as Docker has started it again`)
    expect(await service.show('ActiveState'), (await service.journal()).join('\n')).toEqual({ActiveState: 'active'})
    await service.becomes('{{.State.Status}}', 'running')
    await service.stop()
    expect(await service.show('ActiveState')).toEqual({ActiveState: 'inactive'})
  })

  test('a container that was taken over with --rm is gone after the end', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox echo not me')
    const untilTold = 'while [ ! -e /tmp/end ]; do sleep 0.2; done'
    await guest.run('docker', 'run', '--detach', '--name', service.name, 'busybox', 'sh', '-c', untilTold)
    await service.start()
    // Its end may be that of the command, too.
    await guest.attempt(['docker', 'exec', service.name, 'touch', '/tmp/end'])
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  const untilStopped = 'sh -c "trap exit TERM; while :; do sleep 0.1; done"'

  test.each([
    {
      what: 'although systemctl is not on the PATH of who asks for it',
      unit: {Environment: 'PATH=/usr/local/bin'},
      says: (owner: string) => ` belongs to ${owner}, which is using it: give one of the two units another --name`,
    },
    {
      what: 'although systemd cannot be asked whether that unit has ended',
      unit: {InaccessiblePaths: '-/run/systemd/private -/run/dbus'},
      says: (owner: string) =>
        ` belongs to ${owner}, and systemd does not report whether that unit has ended: try again, or give one of the two units another --name`,
    },
  ])('a name that a running unit uses stays with it, $what', async ({unit, says}) => {
    const owner = await defineService(guest, `run --rm --name %n busybox ${untilStopped}`)
    expect((await owner.start()).status).toBe(0)
    const thief = await defineService(guest, `--on-drift=replace run --rm --name ${owner.name} busybox true`, unit)
    expect((await thief.start()).status).toBe(1)
    await thief.says(`the container name ${owner.name}${says(owner.name)}`)
    expect(await owner.inspect('{{.State.Status}}')).toBe('running')
    expect(await owner.show('ActiveState')).toEqual({ActiveState: 'active'})
  })

  test("a name that is the beginning of a stranger's id leaves the stranger alone", async () => {
    const stranger = await guest.run('docker', 'run', '--detach', 'busybox', 'sleep', '1000')
    const service = await defineService(guest, `run --rm --name ${stranger.slice(0, 12)} busybox echo mine`, {
      Type: 'oneshot',
    })
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says('mine')
    expect(await guest.run('docker', 'inspect', '--format', '{{.State.Running}}', stranger)).toBe('true')
    await guest.run('docker', 'rm', '--force', stranger)
  })

  test.each(['--logs', '--logs=false'])('a container is removed after its end with --rm and %s', async (logs) => {
    const service = await defineService(guest, `${logs} run -rm -name=%n busybox echo hi`, {Type: 'oneshot'})
    expect((await service.start()).status).toBe(0)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    expect((await service.journal()).includes('hi')).toBe(logs === '--logs')
  })

  test('a container is kept after its end without --rm', async () => {
    const service = await defineService(guest, 'run --name %n busybox echo hi', {Type: 'oneshot'})
    await service.start()
    expect(await service.inspect('{{.State.Status}}')).toBe('exited')
  })

  test('a container with a name and one without are both gone when the unit stops, with their anonymous volumes', async () => {
    const label = unique()
    const service = await defineService(guest, `run --rm --init --label ${label} -v /data busybox sleep 1000`)
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

/** An image that says that /data is a volume, so that a container of it has an anonymous one. */
const WITH_VOLUME = 'with-volume'
/** Keeps a row in its volume and runs until it is told to end. */
const DATABASE = 'echo precious >>/data/rows; trap exit TERM; while :; do sleep 0.1; done'

async function makeImageWithVolume(guest: Guest): Promise<void> {
  const container = await guest.run('docker', 'create', 'busybox')
  await guest.run('docker', 'commit', '--change', 'VOLUME /data', container, WITH_VOLUME)
  await guest.run('docker', 'rm', container)
}

/** Makes a container by hand, with a row in its volume. It runs, or has been stopped. */
async function makeDatabase(
  guest: Guest,
  name: string,
  state: 'running' | 'stopped',
  ...words: string[]
): Promise<void> {
  await guest.run('docker', 'run', '--detach', ...words, '--name', name, WITH_VOLUME, 'sh', '-c', DATABASE)
  if (state === 'stopped') await guest.run('docker', 'stop', name)
}

const VOLUME = '{{range .Mounts}}{{.Name}}{{end}}'

/** The rows in an anonymous volume, or nothing where it is gone. */
async function rowsIn(guest: Guest, volume: string): Promise<string | undefined> {
  const words = ['docker', 'run', '--rm', '--volume', `${volume}:/data`, 'busybox', 'cat', '/data/rows']
  const isThere = (await guest.attempt(['docker', 'volume', 'inspect', volume])).status === 0
  return isThere ? (await guest.attempt(words)).stdout.trim() : undefined
}

describe.each(HOSTS)('a paused container on $name', ({guest}) => {
  test('it stays where Docker has frozen it, so that docker unpause lets it run on', async () => {
    const service = await defineService(guest, '--logs=false run --rm --name %n busybox echo not me')
    await guest.run(
      'docker',
      'run',
      '--detach',
      '--init',
      '--cap-drop=MKNOD',
      '--name',
      service.name,
      'busybox',
      'sleep',
      '1000',
    )
    await guest.run('docker', 'pause', service.name)
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    // On cgroup v1 the cgroup that freezes it is one of its own, which nothing is moved out of.
    if (guest.kind.unified)
      await service.says(/^the container stays in .*: it is paused, and a move would resume it without Docker noticing/)
    await guest.run('docker', 'unpause', service.name)
    await service.reaches({StatusText: runs(service.name)})
    await service.stop()
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })
})

describe.each(NEWEST_AND_OLDEST)('a container that a new one is to replace on $name', ({guest}) => {
  beforeAll(() => makeImageWithVolume(guest))

  const LINES = [
    {state: 'running', words: '--on-drift=replace run'},
    {state: 'stopped', words: 'run --rm'},
  ] as const

  describe.each(LINES)('and that is $state', ({state, words}) => {
    test.each([
      {what: 'its image cannot be had', line: '127.0.0.1:1/no/such', says: /^cannot pull image 127\.0\.0\.1:1/},
      {what: 'its image may not be pulled', line: '--pull=never no/such:image', says: /^image no\/such:image is not/},
      {what: 'the Engine refuses it', line: '--cap-add NONSENSE busybox', says: /NONSENSE.* \(HTTP 400\)$/},
      {what: 'there is no such network', line: '--network nowhere busybox', says: /network nowhere not found/},
      {
        what: 'its command is not in the image',
        line: 'busybox /no/such',
        says: /^the container's command was not found/,
      },
      {
        what: 'its PID cannot be written',
        line: 'busybox sleep 1000',
        options: '--pid-file /run/nowhere/x',
        says: /nowhere/,
      },
    ])(
      'the container that was to be replaced is as it was, with its volume, when $what',
      async ({line, options = '', says}) => {
        const service = await defineService(guest, `${options} ${words} --name %n ${line}`)
        await makeDatabase(guest, service.name, state)
        const before = await service.inspect(`{{.Id}} {{.State.Running}} ${VOLUME}`)
        await service.start()
        await service.says(says)
        expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'failed', Result: 'exit-code'})
        expect(await service.inspect(`{{.Id}} {{.State.Running}} ${VOLUME}`)).toBe(before)
        expect(await containers(guest, `name=${service.name}`)).toEqual([service.name])
        expect(await rowsIn(guest, before.split(' ')[2] ?? '')).toMatch(/^precious/)
      },
    )

    test.each(['create', 'start', 'started', 'ready'])(
      'the container that was to be replaced is as it was, with its volume, when the start fails in %s, or is stopped there',
      async (phase) => {
        const {unit, path} = await withPackages(guest, {'systemd-docker-plugin-trace': 'test/fixtures/site-plugin'})
        for (const how of ['fail', 'hang']) {
          const service = await defineService(
            guest,
            `--trace ${path}/${how} --${how}-in ${phase} ${words} --name %n --init busybox sleep 1000`,
            unit,
          )
          await makeDatabase(guest, service.name, state)
          const before = await service.inspect(`{{.Id}} {{.State.Running}} ${VOLUME}`)
          const started = service.start()
          if (how === 'hang') {
            await guest.run('sh', '-c', `until grep -q '^${phase} ' ${path}/${how}; do sleep 0.1; done`)
            await service.stop()
          }
          await started
          expect(await service.show('ActiveState'), (await service.journal()).join('\n')).toEqual({
            ActiveState: how === 'hang' ? 'inactive' : 'failed',
          })
          expect(await service.inspect(`{{.Id}} {{.State.Running}} ${VOLUME}`), how).toBe(before)
          expect(await containers(guest, `name=${service.name}`), how).toEqual([service.name])
          expect(await rowsIn(guest, before.split(' ')[2] ?? ''), how).toMatch(/^precious/)
        }
      },
    )

    test('the container that is to be replaced runs on untouched as long as the new one is not made', async () => {
      const service = await defineService(guest, `${words} --name %n 127.0.0.1:1/no/such`)
      await makeDatabase(guest, service.name, state)
      const before = await service.inspect('{{.State.Pid}} {{.State.StartedAt}}')
      await service.start()
      expect(await service.inspect('{{.State.Pid}} {{.State.StartedAt}}')).toBe(before)
    })

    test('the container that is replaced is gone once the new one is ready, and its anonymous volume is kept, as docker rm keeps it', async () => {
      const service = await defineService(guest, `${words} --name %n --init busybox sleep 1000`)
      await makeDatabase(guest, service.name, state)
      const [before = '', volume = ''] = (await service.inspect(`{{.Id}} ${VOLUME}`)).split(' ')
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      expect(await service.inspect('{{.Id}}')).not.toBe(before)
      expect(await containers(guest, `name=${service.name}`)).toEqual([service.name])
      expect((await guest.attempt(['docker', 'inspect', before])).status).toBe(1)
      expect(await rowsIn(guest, volume)).toBe('precious')
      await guest.run('docker', 'volume', 'rm', volume)
    })
  })

  test('the container that is to be replaced gives its port to the new one, and has it again when that does not get another', async () => {
    const port = String(20_000 + Number(unique().split('x')[1]))
    const publish = `--publish 127.0.0.1:${port}:80`
    const taken = String(Number(port) + 10_000)
    const refused = await defineService(
      guest,
      `--on-drift=replace run --name %n ${publish} --publish 127.0.0.1:${taken}:81 --init busybox sleep 1000`,
    )
    const taker = await guest.run(
      'docker',
      'run',
      '--detach',
      '--publish',
      `127.0.0.1:${taken}:80`,
      'busybox',
      'sleep',
      '1000',
    )
    onTestFinished(async () => {
      await guest.run('docker', 'rm', '--force', taker)
    })
    await makeDatabase(guest, refused.name, 'running', ...publish.split(' '))
    const before = await refused.inspect('{{.Id}} {{.State.Running}}')
    await refused.start()
    await refused.says(new RegExp(`^the Engine failed to start the container: .*${taken}.*already allocated`))
    expect(await refused.inspect('{{.Id}} {{.State.Running}}')).toBe(before)
    expect(await guest.run('docker', 'port', refused.name)).toContain(port)
    expect(await containers(guest, `name=${refused.name}`)).toEqual([refused.name])
    await guest.run('docker', 'rm', '--force', refused.name)

    const service = await defineService(guest, `--on-drift=replace run --name %n ${publish} --init busybox sleep 1000`)
    await makeDatabase(guest, service.name, 'running', ...publish.split(' '))
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    expect(await guest.run('docker', 'port', service.name)).toContain(port)
  })
})

test.each(NEWEST_AND_OLDEST)(
  'a container that was taken over with --rm leaves its anonymous volume on $name',
  async ({guest}) => {
    await makeImageWithVolume(guest)
    const service = await defineService(guest, `run --rm --name %n ${WITH_VOLUME}`)
    await makeDatabase(guest, service.name, 'running')
    const volume = await service.inspect(VOLUME)
    await service.start()
    await service.stop()
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    expect(await rowsIn(guest, volume)).toBe('precious')
    await guest.run('docker', 'volume', 'rm', volume)
  },
)

describe.each(NEWEST_AND_OLDEST)(
  "a container that was run by hand, and of which its image says that it is the unit's, on $name",
  ({guest}) => {
    /** Runs a container by hand of an image that was made of another container, with labels of its own. */
    const runImageOf = async (
      container: string,
      labels: Readonly<Record<string, string>>,
      ...words: string[]
    ): Promise<string> => {
      const image = unique()
      const changes = Object.entries(labels).flatMap(([name, value]) => [
        '--change',
        `LABEL systemd-docker.${name}=${JSON.stringify(value)}`,
      ])
      await guest.run('docker', 'commit', ...changes, container, image)
      const id = await guest.run('docker', 'run', '--detach', '--init', ...words, image, 'sleep', '1000')
      onTestFinished(async () => {
        await guest.run('docker', 'rm', '--force', id)
      })
      return id
    }
    const isRunning = async (id: string): Promise<boolean> =>
      (await guest.run('docker', 'inspect', '--format', '{{.State.Running}}', id)) === 'true'

    test("a container whose image says that it is the unit's is not taken for what an earlier start without a name has left", async () => {
      const service = await defineService(guest, 'run --rm --init busybox sleep 1000')
      const plain = await guest.run('docker', 'create', 'busybox')
      const hostile = {unit: service.name, nameless: 'yes', invocation: 'an_earlier_one', request: 'another'}
      const byHand = [await runImageOf(plain, hostile)]
      await guest.run('docker', 'rm', plain)
      await service.start()
      const own = await guest.run(
        'docker',
        'ps',
        '--quiet',
        '--no-trunc',
        '--filter',
        `label=systemd-docker.unit=${service.name}`,
        '--filter',
        'ancestor=busybox',
      )
      byHand.push(await runImageOf(own.split('\n').find((id) => !byHand.includes(id)) ?? '', {}))
      await guest.run('systemctl', 'restart', service.name)
      for (const id of byHand) expect(await isRunning(id), (await service.journal()).join('\n')).toBe(true)
      await service.stop()
      for (const id of byHand) expect(await isRunning(id)).toBe(true)
    })

    test("a container whose image says that it is the unit's is not finished with the unit whose name it bears: neither it nor a file that it names is removed", async () => {
      const service = await defineService(guest, '', {
        Type: 'oneshot',
        ExecStart: '/bin/true',
        ExecStopPost: '/opt/bin/systemd-docker finish %n',
      })
      const victim = `/run/${unique()}.pid`
      await guest.write(victim, '1\n')
      const plain = await guest.run('docker', 'create', 'busybox')
      const id = await runImageOf(
        plain,
        {
          unit: service.name,
          remove: 'yes',
          'pid-file': victim,
          labels: '["systemd-docker.remove", "systemd-docker.pid-file"]',
        },
        '--name',
        service.name,
      )
      await guest.run('docker', 'rm', plain)
      await service.start()
      expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
      expect(await guest.run('cat', victim)).toBe('1')
      expect(await isRunning(id)).toBe(true)
      await guest.run('rm', victim)
    })
  },
)
