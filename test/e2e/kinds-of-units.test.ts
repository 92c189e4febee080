import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {CURRENT, EACH_RELEASE, hostsNamed} from '../support/host/hosts.js'
import {containers, defineService, type Service} from '../support/service/service.js'

const TWO = hostsNamed('debian13-v2', 'debian-forky')
/** A container that says its count, and ends at once when it is asked to by SIGTERM. */
const COUNTING = `sh -c "trap 'exit 0' TERM; i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.1; done"`
const NOTHING_LEFT = {ActiveState: 'inactive', Result: 'success'}
/** Where no Engine is. */
const NOWHERE = {Environment: 'DOCKER_HOST=unix:///run/no-engine.sock'}

/** Waits until the Engine has removed the container of `--rm`, which it does by itself when that has ended. */
async function gone(guest: Guest, {name}: Service): Promise<void> {
  await until(20_000, async () => ((await containers(guest, `name=${name}`)).length === 0 ? true : undefined))
}

describe.each(TWO)('an Engine that is away, on $name', ({guest}) => {
  test('an Engine that is away fails a unit without a start timeout in a bounded time, which the journal tells at once', async () => {
    const line = 'run --rm --name %n busybox true'
    const [job, service, patient] = await Promise.all([
      defineService(guest, `--engine-timeout 1s ${line}`, {...NOWHERE, Type: 'oneshot', TimeoutStartSec: 'infinity'}),
      defineService(guest, `--engine-timeout 1s ${line}`, {...NOWHERE, TimeoutStartSec: '0'}),
      defineService(guest, line, {...NOWHERE, Type: 'oneshot', TimeoutStartSec: '0'}),
    ])
    const waiting = patient.start()
    const ends = await Promise.all([job.start(), service.start()])
    expect(ends.map(({status}) => status)).toEqual([1, 1])
    for (const one of [job, service]) {
      await one.says(/^waiting up to 1 s for the Docker Engine at unix:\/\/\/run\/no-engine.sock: .*ENOENT/)
      await one.says(/^cannot reach the Docker Engine at unix:/)
      expect(await one.show('Result', 'ExecMainStatus')).toEqual({Result: 'exit-code', ExecMainStatus: '125'})
      expect(await containers(guest, `name=${one.name}`)).toEqual([])
    }
    await patient.says(/^waiting up to 60 s for the Docker Engine at unix:/)
    expect(await patient.show('ActiveState')).toEqual({ActiveState: 'activating'})
    await patient.stop()
    await waiting
  })
})

describe.each(EACH_RELEASE)('a unit whose start command returns, on $name', ({guest}) => {
  const container = `busybox ${COUNTING}`

  test.each([
    ['/opt/bin/systemd-docker', 'systemd-docker'] as const,
    // What docker does is looked at on one host.
    ...(guest.kind.name === 'debian13-v2' ? [['/usr/bin/docker', 'docker'] as const] : []),
  ])(
    '-d in a oneshot that remains, and before the main process, starts the container and lets the start go on: %s',
    async (program, what) => {
      const isOurs = what === 'systemd-docker'
      const [oneshot, before] = await Promise.all([
        defineService(guest, '', {
          Type: 'oneshot',
          NotifyAccess: 'all',
          RemainAfterExit: 'yes',
          ExecStart: `${program} run -d --rm --name %n ${container}`,
          ExecStop: '/usr/bin/docker stop %n',
        }),
        defineService(guest, '', {
          Type: 'simple',
          ExecStartPre: `${program} run -d --rm --name %n ${container}`,
          ExecStart: '/usr/bin/docker logs -f %n',
          ExecStop: '/usr/bin/docker stop %n',
        }),
      ])
      const starts = await Promise.all([oneshot.start(), before.start()])
      expect(starts.map(({status, stderr}) => ({status, stderr}))).toEqual(Array(2).fill({status: 0, stderr: ''}))
      expect(await oneshot.show('ActiveState', 'SubState')).toEqual({ActiveState: 'active', SubState: 'exited'})
      expect(await before.show('ActiveState', 'SubState')).toEqual({ActiveState: 'active', SubState: 'running'})
      await Promise.all([...(isOurs ? [oneshot.says('line 2')] : []), before.says('line 2')])
      for (const one of [oneshot, before]) {
        const pid = Number(await one.inspect('{{.State.Pid}}'))
        expect((await one.pids()).includes(pid)).toBe(isOurs)
      }
      expect((await before.journal()).filter((line) => line === 'line 1')).toEqual(['line 1'])
      const stops = await Promise.all([oneshot.stop(), before.stop()])
      expect(stops.map(({status}) => status)).toEqual([0, 0])
      for (const one of [oneshot, before]) {
        expect(await one.show('ActiveState', 'Result')).toEqual(NOTHING_LEFT)
        expect(await one.pids()).toEqual([])
        await gone(guest, one)
      }
    },
  )

  test('-d behind a program that takes the variables of the unit away, as sudo does, lets the start go on all the same', async () => {
    const line = `/usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin /opt/bin/systemd-docker run -d --rm --name %n ${container}`
    const [oneshot, before, job] = await Promise.all([
      defineService(guest, '', {Type: 'oneshot', RemainAfterExit: 'yes', ExecStart: line}),
      defineService(guest, '', {Type: 'exec', ExecStartPre: line, ExecStart: '/usr/bin/docker logs -f %n'}),
      defineService(guest, '', {Type: 'oneshot', ExecStart: line}),
    ])
    const starts = await Promise.all([oneshot.start(), before.start(), job.start()])
    expect(starts.map(({status}) => status)).toEqual([0, 0, 1])
    await job.says(/^(?:systemd-docker: )?option --detach is refused: .*; set RemainAfterExit=yes in the unit/)
    for (const one of [oneshot, before]) expect(await one.pids()).toContain(Number(await one.inspect('{{.State.Pid}}')))
    await Promise.all([oneshot.stop(), before.stop()])
    for (const one of [oneshot, before]) await gone(guest, one)
  })

  test('-d in a unit of Type=forking starts the container and lets the start end, with and without PIDFile=', async () => {
    const stop = {Type: 'forking', ExecStop: '/usr/bin/docker stop %n'}
    const [plain, withFile] = await Promise.all([
      defineService(guest, `run -d=true --rm --name %n ${container}`, stop),
      defineService(guest, `--pid-file /run/%n.pid run -d --rm --name %n ${container}`, {
        ...stop,
        PIDFile: '/run/%n.pid',
      }),
    ])
    const starts = await Promise.all([plain.start(), withFile.start()])
    expect(starts.map(({status, stderr}) => ({status, stderr}))).toEqual(Array(2).fill({status: 0, stderr: ''}))
    for (const one of [plain, withFile]) {
      await one.says('line 2')
      expect(await one.show('ActiveState', 'SubState')).toEqual({ActiveState: 'active', SubState: 'running'})
      expect(await one.pids()).toContain(Number(await one.inspect('{{.State.Pid}}')))
    }
    expect(await withFile.show('MainPID')).toEqual({MainPID: await withFile.inspect('{{.State.Pid}}')})
    await Promise.all([plain.stop(), withFile.stop()])
    for (const one of [plain, withFile]) {
      expect(await one.show('ActiveState', 'Result')).toEqual(NOTHING_LEFT)
      await gone(guest, one)
    }
    expect((await guest.attempt(['ls', `/run/${withFile.name}.pid`])).status).not.toBe(0)
  })

  test('a start command that cannot return, or may not, is refused at once with its mend, and -d in a main process changes nothing', async () => {
    const line = `run -d --rm --name %n ${container}`
    const refused = await Promise.all([
      defineService(guest, line, {Type: 'oneshot', TimeoutStartSec: 'infinity'}),
      defineService(guest, line, {Type: 'forking', PIDFile: '/run/%n.pid'}),
      defineService(guest, `run --rm --name %n ${container}`, {Type: 'forking', NotifyAccess: 'none'}),
      defineService(guest, `run -d --rm --restart=always --name %n ${container}`, {
        Type: 'oneshot',
        RemainAfterExit: 'yes',
      }),
    ])
    const main = await defineService(guest, line, {Type: 'exec'})
    expect((await main.start()).status).toBe(0)
    expect((await Promise.all(refused.map((one) => one.start()))).map(({status}) => status)).toEqual([1, 1, 1, 1])
    const words = [
      /^option --detach is refused: .*; set RemainAfterExit=yes in the unit, or leave --detach out$/,
      /^option --detach is refused: .*; set --pid-file \/run\/test.*\.service\.pid before `run`/,
      /has Type=forking, so systemd waits for this command to end.*: add --detach behind `run`, or set Type=notify$/,
      /^option --restart always is refused: .*Restart=/,
    ]
    for (const [index, one] of refused.entries()) {
      await one.says(words[index] ?? '')
      expect(await one.show('Result')).toEqual({Result: 'exit-code'})
      expect(await containers(guest, `name=${one.name}`)).toEqual([])
    }
    await main.says('line 2')
    expect(await main.show('ActiveState', 'SubState')).toEqual({ActiveState: 'active', SubState: 'running'})
  })
})

describe.each(EACH_RELEASE)('several runs in one unit on $name', ({guest}) => {
  test('a run beside the main process ends with its container, and says nothing of the unit to systemd', async () => {
    const run = (words: string): string => `/opt/bin/systemd-docker ${words}`
    const service = await defineService(guest, '', {
      ExecStartPre: [
        run('run --rm busybox echo migrated'),
        run('--logs=false run --name %n busybox sleep 1'),
        run('run -d --rm --init --name %p-beside busybox sleep 1000'),
      ],
      ExecStart:
        '/bin/sh -c "systemd-notify --status=starting; until test -e /run/%p; do sleep 0.1; done; systemd-notify --ready --status=own; exec sleep 1000"',
      ExecStartPost: run('run --rm busybox echo registered'),
      ExecReload: run('--logs=false run busybox echo'),
      ExecStop: run('run --rm busybox echo unregistered'),
      ExecStopPost: ['/bin/rm /run/%p', run('run --rm busybox echo gone')],
    })
    const name = service.name.replace('.service', '')
    const starting = service.start()
    await service.reaches({StatusText: 'starting'})
    expect(await service.inspect('{{.State.Status}}')).toBe('exited')
    expect(await service.show('ActiveState', 'SubState')).toEqual({ActiveState: 'activating', SubState: 'start'})
    await guest.run('touch', `/run/${name}`)
    expect((await starting).status).toBe(0)
    const {MainPID} = await service.show('MainPID')
    const active = {ActiveState: 'active', StatusText: 'own', MainPID}
    expect(await service.show('ActiveState', 'StatusText', 'MainPID')).toEqual(active)
    expect(await guest.run('cat', `/proc/${MainPID}/comm`)).toBe('sleep')
    await guest.run('systemctl', 'reload', service.name)
    expect(await service.show('ActiveState', 'StatusText', 'MainPID')).toEqual(active)
    expect((await service.stop()).status).toBe(0)
    expect(await service.show('ActiveState', 'Result')).toEqual(NOTHING_LEFT)
    const said = (await service.journal()).filter((line) => /^(?:migrated|registered|unregistered|gone)$/.test(line))
    expect(said).toEqual(['migrated', 'registered', 'unregistered', 'gone'])
    await guest.run('docker', 'rm', service.name)
    const left = (await containers(guest, `label=systemd-docker.unit=${service.name}`)).length
    // That of the reload, which was made without --rm.
    expect(left).toBe(1)
    await guest.run('sh', '-c', `docker rm $(docker ps -aq --filter label=systemd-docker.unit=${service.name})`)
  })
})

describe.each(CURRENT)('the containers of several runs in one unit on $name', ({guest}) => {
  test("a container of ExecStartPre= is not taken for the service's, nor removed as left over, with and without names", async () => {
    const run = (words: string): string => `/opt/bin/systemd-docker run ${words}`
    const [named, nameless] = await Promise.all([
      defineService(guest, '', {
        ExecStartPre: run('--name %n busybox echo migrated'),
        ExecStart: run(`--name %n busybox ${COUNTING}`),
      }),
      defineService(guest, '', {
        ExecStartPre: [run('-d --init busybox sleep 1000'), run('busybox echo migrated')],
        ExecStart: run(`busybox ${COUNTING}`),
      }),
    ])
    const list = ['docker', 'ps', '--all', '--no-trunc', '--quiet', '--filter']
    const ofNameless = async (): Promise<string> =>
      await guest.run('sh', '-c', `${list.join(' ')} label=systemd-docker.unit=${nameless.name} | sort`)
    onTestFinished(async () => {
      await guest.attempt([
        'sh',
        '-c',
        `docker rm --force $(${list.join(' ')} label=systemd-docker.unit=${nameless.name})`,
      ])
    })
    const refusal = `the container name ${named.name} belongs to another command of ${named.name}, which has used it in this start: give the container of each command a --name of its own`
    for (const round of [1, 2]) {
      expect((await named.start()).status).toBe(1)
      expect((await named.journal()).filter((line) => line === refusal)).toHaveLength(round)
      expect(await named.inspect('{{.Config.Cmd}} {{.State.Status}}')).toBe('[echo migrated] exited')
    }
    expect((await nameless.start()).status).toBe(0)
    const first = await ofNameless()
    expect(first.split('\n')).toHaveLength(3)
    await nameless.stop()
    expect((await nameless.start()).status).toBe(0)
    expect(await ofNameless()).toBe(first)
    const running = await guest.run('docker', 'ps', '--filter', `label=systemd-docker.unit=${nameless.name}`, '--quiet')
    expect(running.split('\n')).toHaveLength(2)
  })
})

describe.each(EACH_RELEASE)('a container with a restart policy on $name', ({guest}) => {
  test('a restart policy of a container that is taken over, or started again, is taken off with a warning', async () => {
    const line = 'run --init --name %n busybox sleep 1000'
    const [running, stopped] = await Promise.all([defineService(guest, line), defineService(guest, line)])
    const withPolicy = [
      {service: running, policy: 'always'},
      {service: stopped, policy: 'unless-stopped'},
    ]
    await Promise.all(
      withPolicy.map(async ({service: {name}, policy}) => {
        await guest.run(
          'docker',
          'run',
          '-d',
          `--restart=${policy}`,
          '--init',
          '--name',
          name,
          'busybox',
          'sleep',
          '1000',
        )
      }),
    )
    await guest.run('docker', 'stop', stopped.name)
    const starts = await Promise.all([running.start(), stopped.start()])
    expect(starts.map(({status}) => status)).toEqual([0, 0])
    for (const {service, policy} of withPolicy) {
      await service.says(
        `the restart policy of container ${service.name} was ${policy} and is set to no, because systemd restarts the container (set Restart= in the unit)`,
      )
      expect(await service.inspect('{{.HostConfig.RestartPolicy.Name}}')).toBe('no')
      expect(await service.pids()).toContain(Number(await service.inspect('{{.State.Pid}}')))
    }
    // However it ends, it stays ended.
    await guest.run('kill', '-KILL', await running.inspect('{{.State.Pid}}'))
    await running.reaches({ActiveState: 'failed'})
    await stopped.stop()
    for (const {service} of withPolicy) expect(await service.inspect('{{.State.Status}}')).toBe('exited')
  })
})
