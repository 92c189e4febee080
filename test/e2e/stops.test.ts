import {describe, expect, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {hostFolder} from '../support/host/host-folder.js'
import {hostsNamed} from '../support/host/hosts.js'
import {CLEAN, outcomes, type Outcome} from '../support/service/outcomes.js'
import {defineService, type Service} from '../support/service/service.js'

const HOSTS = hostsNamed('debian-forky', 'debian13-v2')
const PROGRAM = '/opt/bin/systemd-docker'
/** What the containers and units of these tests run. */
const SCRIPTS = {
  // An init that counts the signals it gets, and ends a second after the first, or as many tenths of one as it is told.
  'count.sh': `got=; t=0; most=\${1:-10}
for one in INT QUIT WINCH TERM; do trap "got=\\"\\$got $one\\"" $one; done
echo up
while :; do sleep 0.1; [ -z "$got" ] || t=$((t+1)); [ $t -lt $most ] || { echo "the init got$got"; exit 0; }; done
`,
  // An init that stops its worker itself, as supervisord, nginx and PostgreSQL do.
  'boss.sh': `sh -c 'trap "echo the worker got TERM" TERM; trap "exit 0" USR1; while :; do sleep 0.1; done' & worker=$!
trap 'trap "" TERM; sleep 0.5; kill -USR1 $worker; wait $worker; echo all done; exit 0' TERM
echo up
while :; do sleep 0.1; done
`,
  // An init that takes as many seconds to stop as it is told.
  'slow.sh': `time=$1
trap 'trap "" TERM; sleep $time; echo flushed; exit 0' TERM
echo up
while :; do sleep 0.1; done
`,
  // Hands SIGTERM on to its child and waits, as sudo, tini and many start scripts do.
  'forward.sh': `#!/bin/sh
"$@" & child=$!
trap 'kill -TERM $child' TERM
wait $child; status=$?
while kill -0 $child 2>/dev/null; do wait $child; status=$?; done
exit $status
`,
}

const AT_ONCE = 4
const see = outcomes('stopped')
const KILLED: Outcome = {...CLEAN, ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '137'}

/** A folder of the host with the scripts. */
async function scripts(guest: Guest): Promise<string> {
  const {path} = await hostFolder(guest, SCRIPTS)
  await guest.run('chmod', '+x', `${path}/forward.sh`)
  return path
}

/** A service whose container runs one of the scripts, and has got so far that it hears of a stop. */
async function running(
  guest: Guest,
  path: string,
  script: string,
  settings: Readonly<Record<string, string>> = {},
  {words = '', options = '', command = (line: string) => line} = {},
): Promise<Service> {
  const line = `${words} run --rm ${options} --name %n -v ${path}:/c:ro busybox sh /c/${script}`
  const service = await defineService(guest, line, {
    ExecStart: command(`${PROGRAM} ${line}`),
    ...settings,
  })
  await service.start()
  await service.says('up')
  return service
}

/** How a unit is stopped, and what the init of its container gets, in alphabetical order. */
interface Way {
  readonly what: string
  readonly unit: Readonly<Record<string, string>>
  readonly words?: string
  readonly options?: string
  readonly gets: string
  /** What it gets of docker run in the same unit, where that differs: its client passes on what comes, and no more. */
  readonly byDocker?: string
}

const WAYS: readonly Way[] = [
  {what: 'KillMode=mixed', unit: {KillMode: 'mixed'}, gets: 'TERM'},
  {what: 'KillMode=process', unit: {KillMode: 'process'}, gets: 'TERM'},
  {what: 'KillMode=control-group', unit: {}, gets: 'TERM'},
  {
    what: 'mixed and a STOPSIGNAL',
    unit: {KillMode: 'mixed'},
    options: '--stop-signal QUIT',
    gets: 'QUIT',
    byDocker: 'TERM',
  },
  {
    what: 'control-group and a STOPSIGNAL',
    unit: {},
    options: '--stop-signal QUIT',
    gets: 'QUIT TERM',
    byDocker: 'TERM',
  },
  {
    what: 'mixed and a kill',
    unit: {KillMode: 'mixed', ExecStop: '/bin/kill -TERM $MAINPID'},
    gets: 'TERM',
  },
  {what: 'control-group and a kill', unit: {ExecStop: '/bin/kill -TERM $MAINPID'}, gets: 'TERM'},
  {what: 'mixed and docker stop', unit: {KillMode: 'mixed', ExecStop: '/usr/bin/docker stop %n'}, gets: 'TERM'},
  {what: 'control-group and docker stop', unit: {ExecStop: '/usr/bin/docker stop %n'}, gets: 'TERM'},
  {what: 'none and docker stop', unit: {KillMode: 'none', ExecStop: '/usr/bin/docker stop %n'}, gets: 'TERM'},
  {
    what: 'handed over and docker stop',
    unit: {ExecStop: '/usr/bin/docker stop %n', ExecStopPost: `${PROGRAM} finish %n`},
    words: '--handover',
    gets: 'TERM',
  },
  {what: 'mixed and KillSignal=SIGINT', unit: {KillMode: 'mixed', KillSignal: 'SIGINT'}, gets: 'INT'},
  {what: 'control-group and KillSignal=SIGINT', unit: {KillSignal: 'SIGINT'}, gets: 'INT'},
  {what: 'mixed and KillSignal=SIGQUIT', unit: {KillMode: 'mixed', KillSignal: 'SIGQUIT'}, gets: 'QUIT'},
  {what: 'control-group and KillSignal=SIGQUIT', unit: {KillSignal: 'SIGQUIT'}, gets: 'QUIT'},
  {what: 'mixed and KillSignal=SIGWINCH', unit: {KillMode: 'mixed', KillSignal: 'SIGWINCH'}, gets: 'WINCH'},
]

/** Does the same with all of them: as many at once as a host with two processors does it with in time. */
async function someAtOnce<T, R>(all: readonly T[], act: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  while (done.length < all.length)
    done.push(...(await Promise.all(all.slice(done.length, done.length + AT_ONCE).map(act))))
  return done
}

/**
 * What an init says that it got, in alphabetical order: two signals that wait for it while the host is busy are
 * delivered in no given order (signal(7), "Queueing and delivery semantics for standard signals").
 */
function signalsIn(journal: readonly string[]): string[] {
  const begin = 'the init got '
  const line = journal.find((entry) => entry.startsWith(begin)) ?? begin
  return line.slice(begin.length).split(' ').toSorted()
}

describe.each(HOSTS)('a stop on $name', ({guest}) => {
  test('the init of a container gets its stop signal once, however its unit is stopped', async () => {
    const path = await scripts(guest)
    const stopped = async ({what, unit, words = '', options = ''}: Way): Promise<object> => {
      const service = await running(guest, path, 'count.sh 20', unit, {words, options})
      await service.stop()
      await service.says(/^the init got /)
      await service.reaches({ActiveState: 'inactive'})
      // With KillMode=none systemd does not wait for us.
      await until(20_000, async () => ((await service.pids()).length === 0 ? true : undefined))
      const got = signalsIn(await service.journal())
      return {what, got: got.join(' '), outcome: await see(guest, service, what)}
    }
    expect(await someAtOnce(WAYS, stopped)).toEqual(WAYS.map(({what, gets}) => ({what, got: gets, outcome: CLEAN})))
  })

  test('docker run in the same unit passes the same signals on to the init of its container, some of them twice', async () => {
    const path = await scripts(guest)
    const ways = WAYS.filter(({words}) => words === undefined)
    const stopped = async ({what, unit, options = ''}: Way): Promise<object> => {
      const ExecStart = `/usr/bin/docker run --rm ${options} --name %n -v ${path}:/c:ro busybox sh /c/count.sh`
      const service = await defineService(guest, '', {Type: 'simple', ExecStart, ...unit})
      await service.start()
      await service.says('up')
      await service.stop()
      await service.says(/^the init got /)
      return {what, got: [...new Set(signalsIn(await service.journal()))]}
    }
    expect(await someAtOnce(ways, stopped)).toEqual(
      ways.map(({what, gets, byDocker = gets}) => ({what, got: [byDocker]})),
    )
  })

  test('a kill of the main process by hand is a stop, of which the container gets the signal', async () => {
    const path = await scripts(guest)
    const service = await running(guest, path, 'count.sh')
    await guest.run('systemctl', 'kill', '--kill-who=main', service.name)
    await service.says('the init got TERM')
    await service.reaches({ActiveState: 'inactive'})
    expect(await see(guest, service, 'kill of the main process')).toEqual(CLEAN)
  })

  test('a worker of a container is left to its init with KillMode=mixed, and without it the journal names that', async () => {
    const path = await scripts(guest)
    const [mixed, group] = await Promise.all([
      running(guest, path, 'boss.sh', {KillMode: 'mixed'}),
      running(guest, path, 'boss.sh', {}),
    ])
    await Promise.all([mixed.stop(), group.stop()])
    await Promise.all([mixed.says('all done'), group.says('all done')])
    await group.says(/^systemd has sent SIGTERM to all \d+ processes of the container.*KillMode=mixed/)
    const journal = (await mixed.journal()).join('\n')
    expect(journal).not.toMatch(/the worker got TERM|KillMode/)
  })

  test('a signal that asks for a stop again, within its first seconds, hurries nothing', async () => {
    const path = await scripts(guest)
    const scripted = (line: string): string => `${path}/forward.sh ${line}`
    const timed = (line: string): string => `/usr/bin/timeout 600 ${line}`
    const shell = (line: string): string => `/bin/sh -c '${line}; echo after'`
    const services = await Promise.all([
      running(guest, path, 'slow.sh 2', {ExecStop: '/bin/kill -TERM $MAINPID'}),
      running(guest, path, 'slow.sh 2', {KillMode: 'mixed', ExecStop: '/bin/kill -TERM $MAINPID'}),
      running(guest, path, 'slow.sh 2', {}, {command: scripted}),
      running(guest, path, 'slow.sh 2', {KillMode: 'mixed'}, {command: scripted}),
      running(guest, path, 'slow.sh 2', {}, {command: timed}),
      running(guest, path, 'slow.sh 2', {}, {command: shell}),
    ])
    await Promise.all(services.map((service) => service.stop()))
    for (const service of services) {
      await service.says('flushed')
      expect((await service.journal()).join('\n')).not.toMatch(/asked to stop again|killed/)
      expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    }
  })

  test('a signal that systemd sends some seconds after another one hurries nothing, and one of somebody else does', async () => {
    const path = await scripts(guest)
    const sleeping = {KillMode: 'mixed', ExecStop: '/bin/sh -c "kill -TERM $MAINPID; sleep 3.5"'}
    const [ours, theirs] = await Promise.all([
      running(guest, path, 'slow.sh 5', sleeping),
      running(guest, path, 'slow.sh 9', {KillMode: 'mixed'}),
    ])
    const stopped = Promise.all([ours.stop(), theirs.stop()])
    await theirs.reaches({StatusText: `container ${theirs.name} stopping`})
    await guest.run('sleep', '3')
    await guest.run('systemctl', 'kill', '--kill-who=main', theirs.name)
    await stopped
    await ours.says('flushed')
    expect(await see(guest, ours, 'SIGTERM of systemd after 3.5 s')).toEqual(CLEAN)
    expect(await see(guest, theirs, 'SIGTERM by hand after 3 s')).toEqual(KILLED)
  })

  test('a container behind a program that clears the environment, as sudo does, has the time of the unit', async () => {
    const service = await defineService(guest, '', {
      Type: 'simple',
      ExecStart: `/usr/bin/env -i PATH=/usr/bin:/usr/local/bin ${PROGRAM} run --rm --name %n busybox sleep 1000`,
      // Less than the Engine's own 10 s.
      TimeoutStopSec: '8',
    })
    await service.start()
    await service.says(/the container was born in/)
    await service.stop()
    expect(await see(guest, service, 'env -i, killed after the stop timeout of the unit')).toEqual(KILLED)
  })

  test('a container that a command of the unit ends is stopped, and how it was is said', async () => {
    const path = await scripts(guest)
    const [killed, removed, several] = await Promise.all([
      running(guest, path, 'slow.sh 2', {ExecStop: '/usr/bin/docker kill %n'}),
      running(guest, path, 'slow.sh 2', {KillMode: 'mixed', ExecStop: '/usr/bin/docker rm --force %n'}),
      defineService(guest, 'run --rm --init --name %n busybox sleep 1000', {
        ExecStop: ['/usr/bin/docker stop %n', '/bin/sleep 2'],
      }).then(async (service) => {
        await service.start()
        return service
      }),
    ])
    await Promise.all([killed, removed, several].map((service) => service.stop()))
    for (const service of [killed, removed]) {
      expect(await see(guest, service, 'ExecStop=docker kill, or rm --force')).toEqual(KILLED)
      expect(await service.show('StatusText')).toEqual({
        StatusText: `container ${service.name} was ended by SIGKILL, sent through the Engine`,
      })
    }
    expect(await see(guest, several, 'ExecStop=docker stop, and one more that is slow')).toEqual(CLEAN)
  })
  test('a unit whose stop would kill the program is refused before its container starts, and nothing is left', async () => {
    const service = await defineService(guest, 'run --name %n busybox echo started', {KillSignal: 'SIGRTMIN+3'})
    expect((await service.start()).status).toBe(1)
    expect(await service.journal()).not.toContain('started')
    await service.says(/^KillSignal=SIGRTMIN\+3 is refused: .*leave it out, and set .*--stop-signal SIGRTMIN\+3$/)
    expect(await see(guest, service, 'KillSignal=SIGRTMIN+3')).toEqual({...KILLED, ExecMainStatus: '125'})
  })

  test('what will go wrong in a stop is said when the container has started', async () => {
    const path = await scripts(guest)
    const shell = (line: string): string => `/bin/sh -c '${line}; echo after'`
    const [cut, behindShell] = await Promise.all([
      running(guest, path, 'count.sh', {KillMode: 'mixed', TimeoutStopSec: '5'}, {options: '--stop-timeout 300'}),
      running(guest, path, 'count.sh', {KillMode: 'mixed'}, {command: shell}),
    ])
    await cut.says(/^a stop gives the container 3\.\d s and not its own stop timeout of 300 s, because TimeoutStopSec=/)
    await behindShell.says(/^a stop kills the container at once, because KillMode=mixed signals the main process alone/)
    await cut.stop()
  })
})
