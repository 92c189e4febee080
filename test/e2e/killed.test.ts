import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {withPackages} from '../support/host/host-folder.js'
import {BOTH_CGROUPS, CURRENT, NEWEST_AND_OLDEST} from '../support/host/hosts.js'
import {CLEAN, outcomes} from '../support/service/outcomes.js'
import {containers, defineService, unique, type Service} from '../support/service/service.js'

const see = outcomes('killed')

/** A service whose main process is killed in a phase of its first start. */
async function killedIn(guest: Guest, phase: string, run: string, options = ''): Promise<Service> {
  const {unit, path} = await withPackages(guest, {'systemd-docker-plugin-trace': 'test/fixtures/site-plugin'})
  const words = `${options} --trace ${path}/trace --kill-in ${phase} --pid-file /run/%n.pid`
  // In a container of systemd-nspawn nobody tells systemd that a cgroup of v1 is empty, and it waits for what it has
  // killed already.
  const timeout = guest.kind.unified ? {} : {TimeoutStopSec: '4'}
  return await defineService(guest, `${words} run ${run}`, {...unit, ...timeout})
}

const LINES = [
  {what: 'with a name and --rm', words: '--rm --name %n'},
  {what: 'with a name that is kept', words: '--name %n'},
  {what: 'without a name, with --rm', words: '--rm'},
  {what: 'without a name, kept', words: ''},
] as const

/** The names of all containers that were made for the unit, whatever they are called. */
const ofUnit = async (guest: Guest, {name}: Service): Promise<string[]> =>
  await containers(guest, `label=systemd-docker.unit=${name}`)

describe.each(BOTH_CGROUPS)('after a SIGKILL on $name', ({guest}) => {
  describe.each(guest.kind.unified ? LINES : [LINES[0], LINES[3]])('of a run $what', ({what, words}) => {
    test.each(['resolve', 'create', 'start', 'started', 'ready'])(
      'a run that is killed in %s leaves the next start one container, and the stop after it leaves what it should',
      async (phase) => {
        const service = await killedIn(guest, phase, `${words} --init busybox sleep 1000`)
        await service.start()
        expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'failed', Result: 'signal'})
        expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
        const made = await ofUnit(guest, service)
        expect(made).toHaveLength(1)
        const [container = ''] = made
        const pid = await guest.run('docker', 'inspect', '--format', '{{.State.Pid}}', container)
        expect(await service.pids()).toContain(Number(pid))
        expect(await guest.run('cat', `/run/${service.name}.pid`)).toBe(pid)
        await service.stop()
        const kept = words.includes('--rm') ? [] : made
        expect(await ofUnit(guest, service)).toEqual(kept)
        expect(await see(guest, service, `${what}: in ${phase}, started again, stopped`)).toMatchObject({
          ActiveState: 'inactive',
          Result: 'success',
          processes: 0,
          left: [],
        })
        await guest.attempt(['docker', 'rm', '--force', ...made])
      },
    )
  })

  test.each(['exited', 'removed'])(
    'a run that is killed in %s leaves the next start as clean as any, and the exit status is right',
    async (phase) => {
      const service = await killedIn(guest, phase, '--rm --name %n busybox sh -c "sleep 0.3; exit 7"')
      await service.start()
      await service.reaches({ActiveState: 'failed', Result: 'signal'})
      await service.start()
      await service.reaches({ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '7'})
      expect(await see(guest, service, `in ${phase}, started again, exit 7`)).toEqual({
        ...CLEAN,
        ActiveState: 'failed',
        Result: 'exit-code',
        ExecMainStatus: '7',
      })
    },
  )

  test('a container whose main process alone is killed runs on and is taken over with its exit status', async () => {
    const service = await defineService(
      guest,
      'run --rm --name %n busybox sh -c "trap \'exit 7\' USR1; while :; do sleep 0.1; done"',
      {KillMode: 'process', Restart: 'on-failure', RestartPreventExitStatus: '7', RestartSec: '100ms'},
    )
    await service.start()
    const before = await service.inspect('{{.Id}} {{.State.Pid}}')
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', service.name)
    await service.reaches({ActiveState: 'active', NRestarts: '1'})
    expect(await service.inspect('{{.Id}} {{.State.Pid}}')).toBe(before)
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=USR1', service.name)
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '7'})
    expect(await see(guest, service, 'while it runs, KillMode=process, Restart=on-failure, then exit 7')).toMatchObject(
      {
        docker: 'gone',
        processes: 0,
        left: [],
      },
    )
  })

  test('a container without a name whose main process is killed is found by its labels, and one from another line removed', async () => {
    const name = unique()
    const service = await defineService(guest, 'run --init busybox sleep 1000', {KillMode: 'process'})
    const labels = {unit: service.name, nameless: 'yes', invocation: 'an earlier one', request: 'another'}
    const words = Object.entries(labels).flatMap(([key, value]) => ['--label', `systemd-docker.${key}=${value}`])
    await guest.run('docker', 'run', '--detach', '--init', ...words, '--label', name, 'busybox', 'sleep', '1000')
    expect(await containers(guest, `label=${name}`)).toHaveLength(1)
    await service.start()
    await service.says(
      /^container [0-9a-f]{12}, left behind by an earlier start of .*, was created from another command line and is removed$/,
    )
    const made = await ofUnit(guest, service)
    expect(made).toHaveLength(1)
    expect(await containers(guest, `label=${name}`)).toEqual([])
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', service.name)
    await service.reaches({ActiveState: 'failed'})
    await service.start()
    expect(await ofUnit(guest, service)).toEqual(made)
    await service.stop()
    await guest.run('docker', 'rm', '--force', ...made)
  })
})

describe.each(BOTH_CGROUPS)('after a SIGKILL of a start that is to replace a container on $name', ({guest}) => {
  const KEEPS = 'trap exit TERM; while :; do sleep 0.1; done'

  /** A container that was made by hand and runs, and a service whose start is killed before it has replaced it. */
  const broken = async (phase: string): Promise<{name: string; id: string; service: Service}> => {
    const name = unique()
    await guest.run(
      'docker',
      'run',
      '-d',
      '--name',
      name,
      '--cap-drop=MKNOD',
      '-v',
      '/data',
      'busybox',
      'sh',
      '-c',
      KEEPS,
    )
    const id = await guest.run('docker', 'inspect', '--format', '{{.Id}}', name)
    const service = await killedIn(guest, phase, `--name ${name} --init busybox sleep 1000`, '--on-drift=replace')
    await service.start()
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'failed', Result: 'signal'})
    return {name, id, service}
  }

  test.each(['create', 'start', 'started', 'ready'])(
    'a run that is killed in %s leaves the container it was to replace, and the next start replaces it with nothing left',
    async (phase) => {
      const {name, id, service} = await broken(phase)
      const called = await guest.run('docker', 'inspect', '--format', '{{.Name}}', id)
      expect(called).toBe(`/${name}${phase === 'create' ? '' : '.replaced-by-systemd-docker'}`)
      const volume = await guest.run('docker', 'inspect', '--format', '{{range .Mounts}}{{.Name}}{{end}}', id)
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      expect(await containers(guest, `name=${name}`)).toEqual([name])
      expect(await guest.run('docker', 'inspect', '--format', '{{.State.Running}} {{.Config.Cmd}}', name)).toBe(
        'true [sleep 1000]',
      )
      expect((await guest.attempt(['docker', 'inspect', '--type=container', id])).status).toBe(1)
      await guest.run('docker', 'volume', 'rm', volume)
      await service.stop()
      await guest.run('docker', 'rm', '--force', name)
    },
  )

  test('a container that a run killed in start was to replace is taken over as it runs by a unit that does not want to replace it', async () => {
    const {name, id} = await broken('start')
    const pid = await guest.run('docker', 'inspect', '--format', '{{.State.Pid}}', id)
    const other = await defineService(guest, `run --name ${name} --init busybox sleep 1000`)
    expect((await other.start()).status, (await other.journal()).join('\n')).toBe(0)
    expect(await guest.run('docker', 'inspect', '--format', '{{.Id}} {{.State.Pid}}', name)).toBe(`${id} ${pid}`)
    expect(await containers(guest, `name=${name}`)).toEqual([name])
    await other.says(
      `container ${name} has its name back from ${name}.replaced-by-systemd-docker: a start that was replacing it was interrupted`,
    )
    await other.stop()
    await guest.run('docker', 'rm', '--force', '--volumes', name)
  })
})

describe.each(NEWEST_AND_OLDEST)('a name that two units claim on $name', ({guest}) => {
  test("a name is the first unit's, whose name the second is told, until that is over", async () => {
    const name = unique()
    const first = await defineService(guest, `run --rm --init --name ${name} busybox sleep 1000`)
    const second = await defineService(guest, `run --rm --init --name ${name} busybox sleep 1000`)
    await first.start()
    const id = await guest.run('docker', 'inspect', '--format', '{{.Id}}', name)
    await second.start()
    await second.says(
      `the container name ${name} belongs to ${first.name}, which is using it: give one of the two units another --name`,
    )
    expect(await second.show('ActiveState', 'ExecMainStatus')).toEqual({ActiveState: 'failed', ExecMainStatus: '125'})
    expect(await guest.run('docker', 'inspect', '--format', '{{.Id}} {{.State.Running}}', name)).toBe(`${id} true`)
    await first.stop()
    expect((await second.start()).status).toBe(0)
    await second.stop()
    expect(await containers(guest, `name=${name}`)).toEqual([])
  })

  test("a name that two units claim at the same moment is one's alone", async () => {
    const name = unique()
    const both = [
      await defineService(guest, `run --rm --init --name ${name} busybox sleep 1000`),
      await defineService(guest, `run --rm --init --name ${name} busybox sleep 1000`),
    ]
    await Promise.all(both.map((service) => service.start()))
    const states = await Promise.all(both.map(async (service) => (await service.show('ActiveState')).ActiveState))
    expect(states.toSorted()).toEqual(['active', 'failed'])
    const loser = both[states.indexOf('failed')]
    await loser?.says(new RegExp(`^the container name ${name} (?:belongs to|is taken)`))
    for (const service of both) await service.stop()
    expect(await containers(guest, `name=${name}`)).toEqual([])
  })
})

describe.each(NEWEST_AND_OLDEST)('a container from another line on $name', ({guest}) => {
  const make = async (name: string, ...words: string[]): Promise<void> => {
    await guest.run('/opt/bin/systemd-docker', '--cgroups=none', '--logs=false', 'run', '--name', name, ...words)
  }

  test.each([
    {onDrift: 'adopt', is: 'used as it is, with a warning', old: true},
    {onDrift: 'replace', is: 'made anew', old: false},
  ])('a container from another line, running or stopped, is $is with --on-drift=$onDrift', async ({onDrift, old}) => {
    const service = await defineService(
      guest,
      `--on-drift=${onDrift} run --name %n --cap-drop MKNOD -e WORD=new busybox sh -c "trap exit TERM; while :; do sleep 0.1; done"`,
    )
    const line = [
      '--cap-drop',
      'MKNOD',
      '-e',
      'WORD=old',
      'busybox',
      'sh',
      '-c',
      'trap exit TERM; while :; do sleep 0.1; done',
    ]
    const warning = `container ${service.name} was created from another command line, or on a host with another setup, and is used as it is (--on-drift=replace recreates it)`
    await make(service.name, ...line)
    for (const state of ['running', 'stopped']) {
      expect((await service.start()).status, `${state}: ${(await service.journal()).join('\n')}`).toBe(0)
      expect((await service.inspect('{{.Config.Env}}')).includes('WORD=old')).toBe(old)
      expect((await service.journal()).includes(warning)).toBe(old)
      await service.stop()
      if (!old) {
        await guest.run('docker', 'rm', service.name)
        await make(service.name, ...line)
        await guest.run('docker', 'stop', service.name)
      }
    }
  })

  test('a container from another line fails the start with --on-drift=fail, and stays as it was', async () => {
    const service = await defineService(guest, '--on-drift=fail run --name %n busybox sleep 1000')
    await make(service.name, '--init', 'busybox', 'sleep', '1000')
    const before = await service.inspect('{{.Id}} {{.State.Pid}}')
    await service.start()
    await service.says(
      /^rm-reconcile \(reconcile\): container .* was created from another command line.*--on-drift=fail/,
    )
    expect(await service.show('ExecMainStatus')).toEqual({ExecMainStatus: '125'})
    expect(await service.inspect('{{.Id}} {{.State.Pid}}')).toBe(before)
  })

  test('a container that was made from the same line is not taken for one from another', async () => {
    const service = await defineService(guest, '--on-drift=fail run --init --name %n busybox sleep 1000')
    for (let start = 0; start < 2; start++) {
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      await service.stop()
    }
    await service.becomes('{{.State.Status}}', 'exited')
  })
})

describe.each(CURRENT)('the output of a container that a killed run has left on $name', ({guest}) => {
  const PATIENCE_MS = 20_000
  const counting =
    'run --rm --name %n busybox sh -c "trap \'exit 0\' TERM; i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.05; done"'
  const unit = {KillMode: 'process', Restart: 'on-failure', RestartSec: '100ms'}

  /** The numbers that a command in the host prints once its last one is beyond this. */
  async function numbersBeyond(last: number, command: string): Promise<number[]> {
    return await until(PATIENCE_MS, async () => {
      const numbers = [...(await guest.run('sh', '-c', command)).matchAll(/^line (\d+)$/gm)].map(([, text]) =>
        Number(text),
      )
      return (numbers.at(-1) ?? 0) > last ? numbers : undefined
    })
  }

  test("what it says meanwhile is in the journal, the unit's own or by --logs=native, and a warning says what may be missing from a file", async () => {
    const namespace = unique()
    const file = `/run/${unique()}`
    const namespaced = await defineService(guest, counting, {...unit, LogNamespace: namespace})
    const native = await defineService(guest, `--logs=native ${counting}`, {...unit, StandardOutput: 'null'})
    const toFile = await defineService(guest, counting, {...unit, StandardOutput: `append:${file}`})
    onTestFinished(async () => {
      await guest.attempt(['systemctl', 'stop', `systemd-journald@${namespace}.service`])
      await guest.attempt(['rm', '-f', file])
    })
    const journal = `journalctl --namespace=${namespace} --sync; journalctl --namespace=${namespace} --unit=${namespaced.name} --output=cat`
    const commands = [journal, `journalctl --sync; journalctl --unit=${native.name} --output=cat`, `cat ${file}`]
    const services = [namespaced, native, toFile]
    await Promise.all(services.map((service) => service.start()))
    await Promise.all(commands.map((command) => numbersBeyond(5, command)))
    for (const {name} of services) await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', name)
    for (const service of services) await service.reaches({ActiveState: 'active', NRestarts: '1'})
    const [inNamespace = [], natively = [], inFile = []] = await Promise.all(
      commands.map((command) => numbersBeyond(60, command)),
    )
    for (const inJournal of [inNamespace, natively]) expect(inJournal).toEqual(inJournal.map((_, index) => index + 1))
    // None is doubled.
    expect(inFile).toEqual([...new Set(inFile)])
    await toFile.says(
      `output of the container from before this start may be missing here, because the journal does not tell how far an earlier run of ${toFile.name} forwarded it`,
    )
  })
})
