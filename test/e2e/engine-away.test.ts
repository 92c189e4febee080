import {afterEach, beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {RELEASES} from '../support/host/hosts.js'
import {CLEAN, outcomes, type Outcome} from '../support/service/outcomes.js'
import {ownHosts} from '../support/host/own-host.js'
import {containers, defineService, unique, type Service, runs} from '../support/service/service.js'

const PATIENCE_MS = 20_000
const DAEMON_JSON = '/etc/docker/daemon.json'
/**
 * Counts on both of its outputs, and in a file that is seen without the Engine; ends with 7 by SIGUSR1, and with 0 by
 * SIGTERM.
 */
const COUNTING = `busybox sh -c "trap 'exit 7' USR1; trap 'exit 0' TERM; i=0; while :; do i=$$((i+1)); echo line $$i; echo error $$i >&2; echo $$i >/count; sleep 0.1; done"`
/**
 * Counts on both of its outputs in batches of $1, with $2 seconds in between, and goes on from there when it is
 * started again. By SIGUSR2 it leaves off and says in a file how far it came; it ends by SIGTERM.
 */
const STREAM_SH = '/run/stream.sh'
const STREAM = `trap 'ended=1' TERM
trap 'over=1' USR2
i=$(cat /count 2>/dev/null || echo 0)
while [ -z "$ended$over" ]; do
  batch=$((i + $1))
  while [ $i -lt $batch ]; do i=$((i+1)); echo line $i; echo error $i >&2; done
  echo $i >/count
  sleep $2
done
[ -z "$over" ] || echo $i >/over
while [ -z "$ended" ]; do sleep 0.1; done
`
/** What of the counts on standard input does not follow on what was before, and how far each came. */
const GAPS = `{sub(/\\r$/, "")} /^(line|error) [0-9]+$/ {if ($2 != last[$1] + 1) print $1, last[$1] + 0, $2; last[$1] = $2}
END {print "line to", last["line"] + 0; print "error to", last["error"] + 0}`
/** What is said where Docker has lost something. */
const LOST = /^the Engine may have lost output of the container when it ended/
/** Does not end by SIGTERM. */
const DEAF = 'busybox sh -c "trap : TERM; while :; do sleep 0.1; done"'
const FINISHED = {ExecStop: '/usr/bin/docker stop %n', ExecStopPost: '/opt/bin/systemd-docker finish %n'}
/** A unit that ended with the status that the count ends with. */
const SEVEN = {...CLEAN, ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '7'}
const OURS = {...SEVEN, ExecMainStatus: '125'}
const KILLED = {...SEVEN, ExecMainStatus: '137'}

const look = outcomes('the Engine goes away')
const HOSTS = ownHosts(RELEASES, {daemonJson: {'live-restore': true}})

/**
 * What a start is refused for that systemd has had too many of (systemd.unit(5), `StartLimitBurst=`), is forgotten
 * first.
 */
async function startEngine(guest: Guest): Promise<void> {
  await guest.run('systemctl', 'reset-failed', 'docker.service', 'docker.socket')
  await guest.run('systemctl', 'start', 'docker.service')
}

/** Its socket is stopped as well: systemd would start the Engine again for the first who asks there. */
async function stopEngine(guest: Guest): Promise<void> {
  await guest.run('systemctl', 'stop', 'docker.service', 'docker.socket')
}

async function restartEngine(guest: Guest): Promise<void> {
  await guest.run('systemctl', 'reset-failed', 'docker.service', 'docker.socket')
  await guest.run('systemctl', 'restart', 'docker.service')
}

async function withoutLiveRestore(guest: Guest): Promise<void> {
  const now = JSON.parse(await guest.run('cat', DAEMON_JSON)) as object
  await guest.write(DAEMON_JSON, JSON.stringify({...now, 'live-restore': false}))
  await guest.run('systemctl', 'reload', 'docker.service')
  await until(PATIENCE_MS, async () =>
    (await guest.run('docker', 'info', '--format', '{{.LiveRestoreEnabled}}')) === 'false' ? true : undefined,
  )
}

/** Starts a service that counts, and waits until something of its count is in the journal. The PID of its init. */
async function startCounting(service: Service): Promise<string> {
  await service.start()
  await service.says('line 3')
  await service.says('error 3')
  return await pidOf(service)
}

async function pidOf(service: Service): Promise<string> {
  return await service.inspect('{{.State.Pid}}')
}

/** How far the container with this init has counted. */
async function countOf(guest: Guest, pid: string): Promise<number> {
  return Number(await guest.run('cat', `/proc/${pid}/root/count`))
}

/** Waits until the container has gone on counting. */
async function countsOn(guest: Guest, pid: string): Promise<number> {
  const before = await countOf(guest, pid)
  return await until(PATIENCE_MS, async () => {
    const now = await countOf(guest, pid)
    return now > before + 5 ? now : undefined
  })
}

/** The words of a count, by which its two outputs are told apart. */
const WORDS = ['line', 'error']

/** What of a count is among these lines, on either output. */
function countsIn(lines: readonly string[]): number[][] {
  return WORDS.map((word) =>
    lines.flatMap((line) => new RegExp(`^${word} (\\d+)\\r?$`).exec(line)?.[1] ?? []).map(Number),
  )
}

/** The count goes on, and what of it is in the journal, on either output. */
async function countedOn(guest: Guest, service: Service, pid: string): Promise<number[][]> {
  const count = await countsOn(guest, pid)
  await service.says(`line ${String(count)}`)
  await service.says(`error ${String(count)}`)
  return countsIn(await service.journal())
}

/**
 * The count goes on, and all of it is in the journal, from 1 on, each number once and in order, but for what Docker
 * itself has lost: an Engine that ends takes along a line that it has read and not logged yet (Docker 28.5, in one of
 * 216 ends; `docker logs` lacked it as well).
 */
async function expectWhole(guest: Guest, service: Service, pid: string): Promise<void> {
  const counted = await countedOn(guest, service, pid)
  const lost = counted.every((said) => said.length === said.at(-1)) ? [] : await lostByDocker(guest, service)
  for (const [output, said] of counted.entries()) {
    const numbers = Array.from({length: said.at(-1) ?? 0}, (_, index) => index + 1)
    expect(said).toEqual(numbers.filter((number) => lost[output]?.includes(number) !== true))
  }
}

/** What Docker's own log lacks between what it has, on either output. */
async function lostByDocker(guest: Guest, {name}: Service): Promise<number[][]> {
  const log = await guest.run('sh', '-c', 'docker logs "$0" 2>&1', name)
  return countsIn(log.split('\n')).map((logged) =>
    logged.flatMap((number, index) => {
      const before = logged[index - 1] ?? number - 1
      return Array.from({length: Math.max(0, number - before - 1)}, (_, missing) => before + 1 + missing)
    }),
  )
}

/** How many lines a container says at once on each output, how many seconds later the next, and how far it counts. */
interface Pace {
  readonly lines: number
  readonly pause: number
  readonly to: number
}

const SLOW: Pace = {lines: 1, pause: 0.1, to: 30}
/** A hundred thousand lines, half of them on each output. */
const FAST: Pace = {lines: 100, pause: 0.05, to: 50_000}
const JSON_FILE = '--log-driver=json-file'
const ROTATING = `${JSON_FILE} --log-opt max-size=2m --log-opt max-file=5`
const LOCAL = '--log-driver=local'
const JOURNALD = '--log-driver=journald'
/** In two parts: a hundred thousand lines of each at once are more than two processors have written in its time. */
const LOGS: readonly {readonly what: string; readonly logs: readonly string[]}[] = [
  {what: 'json-file', logs: [JSON_FILE, ROTATING, `${JSON_FILE} --log-opt mode=non-blocking`]},
  {what: 'local and journald', logs: [LOCAL, JOURNALD, `${LOCAL} --tty`]},
]
/** Of which of them a hundred thousand lines are said on which host. */
const FAST_LOGS: Readonly<Record<string, readonly string[]>> = {'debian13-v2': [JSON_FILE, ROTATING, LOCAL, JOURNALD]}

/** What is looked at of a stream in the journal, and in Docker's log: what does not follow on, and how far it came. */
async function gapsIn(guest: Guest, command: string): Promise<string[]> {
  const text = await guest.run('sh', '-c', `${command} | awk "$0"`, GAPS)
  return text.split('\n')
}

const ofJournal = (name: string): string => `journalctl --sync; journalctl --unit=${name} --output=cat --no-pager`

/** Has a stream leave off. */
async function leaveOff(guest: Guest, service: Service): Promise<void> {
  await guest.run('kill', '-USR2', await pidOf(service))
}

/** Waits until the last of a stream that has left off is in the journal. How far it came. */
async function endOf(guest: Guest, service: Service): Promise<string> {
  const pid = await pidOf(service)
  const last = await until(PATIENCE_MS, async () => {
    const {stdout} = await guest.attempt(['cat', `/proc/${pid}/root/over`])
    return stdout === '' ? undefined : stdout.trim()
  })
  const isThere = `journalctl --sync; test "$(journalctl --unit=$0 --output=cat | tr -d '\\r' | grep -cxE "(line|error) $1")" = 2`
  await until(PATIENCE_MS * 3, async () =>
    (await guest.attempt(['sh', '-c', isThere, service.name, last])).status === 0 ? true : undefined,
  )
  return last
}

/**
 * Has the journal take as much as comes, from whomever, and keep it in one file: when a file is full, journald writes
 * the entry for which there was no room to it and again to the next one (252 to 262).
 */
async function unlimitJournal(guest: Guest): Promise<void> {
  await guest.run('mkdir', '--parents', '/etc/systemd/journald.conf.d')
  const sizes = ['RuntimeMaxUse', 'RuntimeMaxFileSize', 'SystemMaxUse', 'SystemMaxFileSize'].map((of) => `${of}=1G`)
  const settings = ['RateLimitIntervalSec=0', ...sizes]
  await guest.write('/etc/systemd/journald.conf.d/unlimited.conf', ['[Journal]', ...settings, ''].join('\n'))
  await guest.run('systemctl', 'restart', 'systemd-journald.service')
}

/** Waits until a stream has counted so far. */
async function reachesCount(guest: Guest, service: Service, count: number): Promise<void> {
  const pid = await pidOf(service)
  await until(PATIENCE_MS * 3, async () => ((await countOf(guest, pid)) >= count ? true : undefined))
}

/** Waits until a line is in a unit's journal, which may be long, once since a moment as systemd.time(7) has it. */
async function saysOnce(guest: Guest, {name}: Service, words: string, since: string): Promise<void> {
  const count = 'journalctl --sync; journalctl --unit="$0" --since="$2" --output=cat | grep -cx "$1"; true'
  await until(PATIENCE_MS, async () =>
    Number(await guest.run('sh', '-c', count, name, words, since)) === 1 ? true : undefined,
  )
}

/** Kills the process of ours alone, and waits until its successor has taken the container over. */
async function killMain(guest: Guest, service: Service): Promise<void> {
  await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', service.name)
  await service.reaches({ActiveState: 'active', NRestarts: '1', StatusText: runs(service.name)})
}

/**
 * What a stream has said is in the journal from 1 on, or from somewhere on if it was adopted: each number once and in
 * order. What Docker itself has lost of it, as it is not in its log either, is said.
 */
async function expectOnce(guest: Guest, service: Service, isAdopted: boolean): Promise<void> {
  const last = await endOf(guest, service)
  const seen = await gapsIn(guest, ofJournal(service.name))
  const begun = isAdopted ? seen.filter((gap) => !/^\w+ 0 \d+$/.test(gap)) : seen
  const ends = [`line to ${last}`, `error to ${last}`]
  if (begun.length === ends.length) {
    expect(begun, service.name).toEqual(ends)
    return
  }
  const ofDocker = await gapsIn(guest, `docker logs ${service.name} 2>&1`)
  const ofUs = begun.filter((gap) => !ofDocker.includes(gap) && !ends.includes(gap))
  expect(ofUs, ofUs.length === 0 ? service.name : await aroundGaps(guest, service, ofUs)).toEqual([])
  await service.says(LOST)
}

/** By which driver a container logs, what was said of its unit, and when and by which process the lines at its gaps. */
async function aroundGaps(guest: Guest, {name}: Service, gaps: readonly string[]): Promise<string> {
  const lines = gaps.flatMap((gap) => {
    const [stream = '', last = '', next = ''] = gap.split(' ')
    return [`${stream} ${last}`, `${stream} ${next}`]
  })
  const script = `
    docker inspect --format '{{.HostConfig.LogConfig.Type}}' "$0"
    journalctl --unit="$0" --no-pager --output=short-precise | grep -E -v ': (line|error) [0-9]+$' | tail -n 60
    journalctl --unit="$0" --no-pager --output=short-precise | grep -E ": ($1)$"`
  return await guest.run('sh', '-c', `${script}; true`, name, lines.join('|'))
}

/** Whatever the container has said is no longer in Docker's log. */
async function truncateLog(guest: Guest, path: string): Promise<void> {
  await guest.run('truncate', '--size=0', path)
}

async function isGone(guest: Guest, pid: string): Promise<void> {
  await until(PATIENCE_MS, async () =>
    (await guest.attempt(['test', '-e', `/proc/${pid}`])).status === 1 ? true : undefined,
  )
}

/** Waits until the Engine has made a service's container; it answers nobody who asks for one that it is starting. */
async function isMade(guest: Guest, {name}: Service): Promise<void> {
  const script = 'grep -l "/$0" /var/lib/docker/containers/*/config.v2.json'
  await until(PATIENCE_MS, async () =>
    (await guest.attempt(['sh', '-c', script, name])).status === 0 ? true : undefined,
  )
}

async function noContainer(guest: Guest, {name}: Service): Promise<void> {
  await until(PATIENCE_MS, async () => ((await containers(guest, `name=${name}`)).length === 0 ? true : undefined))
}

/** Ends the container of a count with 7, without the Engine. */
async function endWith7(guest: Guest, pid: string): Promise<void> {
  await guest.run('kill', '-USR1', pid)
  await isGone(guest, pid)
}

/** Says what is seen once a container of a count has ended with 7. */
async function lookAfter7(guest: Guest, service: Service, pid: string, what: string): Promise<Outcome> {
  await endWith7(guest, pid)
  await service.reaches({ActiveState: 'failed'})
  return await look(guest, service, `${what}; later its container ended with 7`)
}

/** The Engine is up again for the next test, however this one ended. */
function leaveAnEngine(host: () => Guest): void {
  afterEach(async () => {
    await host().attempt(['pkill', '-CONT', '-x', 'containerd|dockerd'])
    await startEngine(host())
  })
}

describe.each(HOSTS)('an Engine with live-restore on $name', ({host}) => {
  leaveAnEngine(host)

  test('an Engine that is restarted leaves units active, and no line is lost or doubled', async () => {
    const guest = host()
    const kept = await defineService(guest, `run --name %n ${COUNTING}`)
    const handedOver = await defineService(guest, `--handover run --rm --name %n ${COUNTING}`, FINISHED)
    const removed = await defineService(guest, `run --rm --name %n ${COUNTING}`)
    const byEngine = await defineService(guest, `--logs=journal run --rm --name %n ${COUNTING}`)
    const services = [kept, handedOver, removed, byEngine]
    const checked = await defineService(
      guest,
      'run --rm --init --name %n --health-cmd "! cat /tmp/sick" --health-interval 1s --health-retries 1 busybox sleep 1000',
    )
    await checked.start()
    const pids = await Promise.all(services.map(startCounting))
    await checked.reaches({StatusText: runs(checked.name, ', healthy')})
    const before = await Promise.all(services.map((service) => service.show('MainPID')))
    await restartEngine(guest)
    for (const service of services.filter((one) => one !== handedOver)) await service.says('the Engine is back')
    for (const [index, service] of services.entries()) {
      await service.reaches({ActiveState: 'active', NRestarts: '0', StatusText: runs(service.name)})
      expect(await service.show('MainPID')).toEqual(before[index])
      expect(await pidOf(service)).toBe(pids[index])
    }
    await Promise.all(services.map((service, index) => expectWhole(guest, service, pids[index] ?? '')))
    await checked.reaches({StatusText: runs(checked.name, ', healthy')})
    // Docker 20.10 makes no check any more.
    if (guest.kind.name !== 'debian12-v2') {
      await guest.run('docker', 'exec', checked.name, 'sh', '-c', 'echo out of order >/tmp/sick')
      await checked.says(`container ${checked.name} is unhealthy: out of order`)
    }
    const [pid = '', pidHandedOver = '', pidRemoved = ''] = pids
    const what = 'restarted with live-restore'
    expect(await lookAfter7(guest, kept, pid, what)).toEqual({...SEVEN, docker: 'exited 7'})
    // systemd has a status of its own children only; `finish` has told it of a failure.
    expect(await lookAfter7(guest, handedOver, pidHandedOver, `${what}, handed over, --rm`)).toEqual({
      ...SEVEN,
      ExecMainStatus: '0',
    })
    await handedOver.says(`container ${handedOver.name} ended with status 7`)
    expect(await lookAfter7(guest, removed, pidRemoved, `${what}, --rm`)).toEqual(SEVEN)
  })

  test.each(LOGS)(
    'each line is in the journal once, with the log driver $what, across restarts and a run that is killed',
    async ({logs}) => {
      const guest = host()
      await unlimitJournal(guest)
      await guest.write(STREAM_SH, STREAM)
      const line = (log: string, {lines, pause}: Pace): string =>
        `--logs=stream run --name %n --volume ${STREAM_SH}:${STREAM_SH}:ro ${log} busybox sh ${STREAM_SH} ${String(lines)} ${String(pause)}`
      const paces = logs.map((log) => ({log, pace: (FAST_LOGS[guest.kind.name] ?? []).includes(log) ? FAST : SLOW}))
      const unit = {KillMode: 'process', Restart: 'always', RestartSec: '100ms', LogRateLimitIntervalSec: '0'}
      const services = await Promise.all(paces.map(({log, pace}) => defineService(guest, line(log, pace), unit)))
      const adopted = await defineService(guest, 'run --name %n busybox true', {LogRateLimitIntervalSec: '0'})
      await guest.run(
        'sh',
        '-c',
        line('--detach', SLOW).replace('--logs=stream', 'docker').replaceAll('%n', adopted.name),
      )
      const all = [...services, adopted]
      await Promise.all(all.map((service) => service.start()))
      let part = 0
      const wentOn = async (): Promise<void> => {
        part++
        const ways = [...paces.map(({pace}) => pace), SLOW]
        await Promise.all(
          all.map((service, index) => reachesCount(guest, service, (ways[index]?.to ?? 0) * (part / 5))),
        )
      }
      const engineRestarts = async (): Promise<void> => {
        const before = await guest.run('date', '+@%s')
        await restartEngine(guest)
        await Promise.all(all.map((service) => saysOnce(guest, service, 'the Engine is back', before)))
      }
      await wentOn()
      await engineRestarts()
      await wentOn()
      await Promise.all(all.map(({name}) => guest.run('docker', 'restart', name)))
      await wentOn()
      await Promise.all(services.map((service) => killMain(guest, service)))
      await wentOn()
      await engineRestarts()
      await wentOn()
      await Promise.all(all.map((service) => leaveOff(guest, service)))
      for (const service of all) await expectOnce(guest, service, service === adopted)
    },
  )

  test('an Engine is asked what it is once in its life, unless its configuration is changed in it', async () => {
    const guest = host()
    await restartEngine(guest)
    await guest.run('rm', '-f', '/run/systemd-docker/engine.json')
    const service = await defineService(guest, 'run --rm --init --name %n busybox sleep 1000', {
      Environment: 'SYSTEMD_LOG_LEVEL=debug',
    })
    const asks = async (): Promise<boolean> => {
      await service.start()
      const invocation = (await service.show('InvocationID')).InvocationID
      const said = await guest.run(
        'sh',
        '-c',
        'journalctl --sync; journalctl -o cat "_SYSTEMD_INVOCATION_ID=$0"',
        invocation,
      )
      await service.stop()
      // Whether it is there; where it is asked what it is, an answer that says which API it speaks.
      expect(said.match(/^Engine: GET \S*\/_ping: 200/gm)).toHaveLength(1)
      return /^Engine: GET \S*\/info/m.test(said)
    }
    expect([await asks(), await asks()]).toEqual([true, false])
    expect(await guest.run('stat', '--format=%a %U', '/run/systemd-docker/engine.json')).toBe('600 root')
    await restartEngine(guest)
    expect([await asks(), await asks()]).toEqual([true, false])
    const configured = await guest.run('cat', DAEMON_JSON)
    await guest.write(DAEMON_JSON, configured)
    expect([await asks(), await asks()]).toEqual([true, true])
  })

  test('a run that is killed before it has written a word of a restarted container loses and doubles no line', async () => {
    const guest = host()
    await guest.write(STREAM_SH, STREAM)
    const service = await defineService(
      guest,
      `run --name %n --volume ${STREAM_SH}:${STREAM_SH}:ro busybox sh ${STREAM_SH} 1 0.1`,
      {KillMode: 'process', Restart: 'always', RestartSec: '100ms', LogRateLimitIntervalSec: '0'},
    )
    await service.start()
    await service.says('line 3')
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=STOP', service.name)
    const before = await pidOf(service)
    await countsOn(guest, before)
    await guest.run('docker', 'restart', service.name)
    const pid = await pidOf(service)
    expect(pid).not.toBe(before)
    await countsOn(guest, pid)
    await killMain(guest, service)
    await countsOn(guest, pid)
    await leaveOff(guest, service)
    await expectOnce(guest, service, false)
  })

  test("a container that lives through a restart of the Engine is fed from the unit's input again, and waits for who reads its output", async () => {
    const guest = host()
    const fifo = `/run/${unique()}`
    await guest.run('mkfifo', fifo)
    const service = await defineService(guest, '', {
      ExecStart: `/bin/sh -c 'exec /opt/bin/systemd-docker run -i --name %n busybox cat <>${fifo}'`,
    })
    await service.start()
    await guest.run('sh', '-c', `echo one >${fifo}`)
    await service.says('one')
    await restartEngine(guest)
    await service.says('the Engine is back')
    await guest.run('sh', '-c', `echo two >${fifo}`)
    await service.says('two')

    const signal = (name: string): Promise<string> =>
      guest.run('systemctl', 'kill', '--kill-who=main', `--signal=${name}`, service.name)
    const line = 'x'.repeat(1000)
    await signal('STOP')
    await guest.run('docker', 'exec', '--detach', service.name, 'sh', '-c', `exec yes ${line} >/proc/1/fd/1`)
    let before = 0
    await until(PATIENCE_MS, async () => {
      const {stdout} = await guest.attempt(['sh', '-c', 'cat "/proc/$(pgrep -x yes)/io"'])
      const written = Number(/^wchar: (\d+)$/m.exec(stdout)?.[1] ?? 0)
      const isHeldUp = written > 65_536 && written === before
      before = written
      return isHeldUp ? true : undefined
    })
    await guest.run('pkill', '-x', 'yes')
    await signal('CONT')
    await service.says(line)
    expect(await service.show('ActiveState', 'NRestarts')).toEqual({ActiveState: 'active', NRestarts: '0'})
    await guest.run('rm', fifo)
  })

  test('an Engine that is restarted after its log was truncated loses and doubles no line', async () => {
    const guest = host()
    const service = await defineService(guest, `run --name %n ${COUNTING}`)
    const pid = await startCounting(service)
    await countsOn(guest, pid)
    await truncateLog(guest, await service.inspect('{{.LogPath}}'))
    await countsOn(guest, pid)
    await restartEngine(guest)
    await service.says('the Engine is back')
    await expectWhole(guest, service, pid)
    expect((await service.journal()).filter((line) => line.includes('missing'))).toEqual([])
  })

  test('a log that has lost what nobody had read has that said, and forwarding goes on from there', async () => {
    const guest = host()
    const service = await defineService(guest, `run --name %n ${COUNTING}`)
    const pid = await startCounting(service)
    const log = await service.inspect('{{.LogPath}}')
    // Nobody of ours reads while the new Engine fills its log.
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=STOP', service.name)
    await restartEngine(guest)
    await countsOn(guest, pid)
    await stopEngine(guest)
    await truncateLog(guest, log)
    await startEngine(guest)
    await countsOn(guest, pid)
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=CONT', service.name)
    await service.says(
      /^output of the container from \S+Z to \S+Z may be missing here, because Docker's log no longer has/,
    )
    for (const said of await countedOn(guest, service, pid)) {
      const gaps = said.filter((number, index) => number !== (said[index - 1] ?? 0) + 1)
      expect(gaps).toHaveLength(1)
      expect(said).toEqual(said.toSorted((one, other) => one - other))
    }
  })

  test('an Engine that stays away tells later what was said meanwhile, and how containers ended', async () => {
    const guest = host()
    const running = await defineService(guest, `run --name %n ${COUNTING}`)
    const stopped = await defineService(guest, `run --rm --name %n ${COUNTING}`)
    const ended = await defineService(guest, `run --name %n ${COUNTING}`)
    const removed = await defineService(guest, `run --rm --name %n ${COUNTING}`)
    const services = [running, stopped, ended, removed]
    const [pid = '', , pidEnded = '', pidRemoved = ''] = await Promise.all(services.map(startCounting))
    await stopEngine(guest)
    for (const service of services)
      await service.reaches({
        ActiveState: 'active',
        StatusText: runs(service.name, ', the Engine is away'),
      })
    await stopped.stop()
    for (const one of [pidEnded, pidRemoved]) await endWith7(guest, one)
    await countsOn(guest, pid)
    await startEngine(guest)
    await running.reaches({ActiveState: 'active', StatusText: runs(running.name)})
    await expectWhole(guest, running, pid)
    for (const service of [ended, removed]) await service.reaches({ActiveState: 'failed'})
    expect(await look(guest, removed, 'away with live-restore, its container ended with 7, --rm')).toEqual(SEVEN)
    expect(await look(guest, ended, 'away with live-restore, its container ended with 7')).toEqual({
      ...SEVEN,
      docker: 'exited 7',
    })
    // Nobody could remove it, and the next start does.
    expect(await look(guest, stopped, 'away with live-restore, stopped meanwhile, --rm')).toEqual({
      ...CLEAN,
      docker: 'exited 0',
    })
    await stopped.start()
    await stopped.stop()
    expect(await look(guest, stopped, 'stopped while the Engine was away, and once more, --rm')).toEqual(CLEAN)
    expect(await lookAfter7(guest, running, pid, 'away for a while with live-restore')).toEqual({
      ...SEVEN,
      docker: 'exited 7',
    })
  })

  test('a restart of containerd leaves a unit active', async () => {
    const guest = host()
    const service = await defineService(guest, `run --rm --name %n ${COUNTING}`)
    const pid = await startCounting(service)
    const {MainPID} = await service.show('MainPID')
    await guest.run('systemctl', 'restart', 'containerd.service')
    await expectWhole(guest, service, pid)
    expect(await service.show('ActiveState', 'MainPID')).toEqual({ActiveState: 'active', MainPID})
    // What ends before the Engine hears of containerd's events again runs on for it for ever: an exec that it sees end.
    await until(PATIENCE_MS, async () => {
      const {status} = await guest.attempt(['timeout', '2', 'docker', 'exec', service.name, 'true'])
      return status === 0 ? true : undefined
    })
    expect(await lookAfter7(guest, service, pid, 'containerd restarted, --rm')).toEqual(SEVEN)
  })

  test('an Engine that crashes leaves a unit active', async () => {
    const guest = host()
    const service = await defineService(guest, `run --name %n ${COUNTING}`)
    const pid = await startCounting(service)
    await guest.run('systemctl', 'reset-failed', 'docker.service')
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', 'docker.service')
    await service.says('the Engine is back')
    await expectWhole(guest, service, pid)
    await service.stop()
    expect(await look(guest, service, 'crashed with live-restore, later stopped')).toEqual({
      ...CLEAN,
      docker: 'exited 0',
    })
  })
})

describe.each(HOSTS.filter(({name}) => name === 'debian13-v2'))(
  'an Engine whose log is the journal on $name',
  ({host}) => {
    leaveAnEngine(host)

    test('an Engine that writes to the journal for all containers has each line of a unit there once', async () => {
      const guest = host()
      const before = await guest.run('cat', DAEMON_JSON)
      onTestFinished(async () => {
        await guest.write(DAEMON_JSON, before)
        await restartEngine(guest)
      })
      const logs = {'log-driver': 'journald', 'log-opts': {tag: 'of-the-host', labels: 'app'}}
      await guest.write(DAEMON_JSON, JSON.stringify({...(JSON.parse(before) as object), ...logs}))
      await restartEngine(guest)
      const service = await defineService(guest, `run --rm --name %n --label app=shop ${COUNTING}`)
      const pid = await startCounting(service)
      await expectWhole(guest, service, pid)
      const line = ['journalctl', 'MESSAGE=line 1', `CONTAINER_NAME=${service.name}`, '--output=json', '--no-pager']
      expect(JSON.parse(await guest.run(...line))).toMatchObject({SYSLOG_IDENTIFIER: 'of-the-host', APP: 'shop'})
      expect((await service.show('MainPID')).MainPID).not.toBe(pid)
    })
  },
)

describe.each(HOSTS)('an Engine without live-restore on $name', ({host}) => {
  leaveAnEngine(host)
  beforeAll(async () => {
    await withoutLiveRestore(host())
  })

  test('an Engine that is restarted without live-restore fails the units, and Restart= brings them back', async () => {
    const guest = host()
    const back = {Restart: 'on-failure', RestartSec: '100ms'}
    const failing = await defineService(guest, `run --name %n ${COUNTING}`)
    const restarting = await defineService(guest, `run --rm --name %n ${COUNTING}`, back)
    const handedOver = await defineService(guest, `--handover run --name %n ${COUNTING}`, FINISHED)
    const handedOverAgain = await defineService(guest, `--handover run --rm --name %n ${COUNTING}`, {
      ...FINISHED,
      ...back,
    })
    // The Engine is on its end for longer than a container that obeys it.
    const deaf = await defineService(guest, `run --stop-timeout 2 --name %n ${DEAF}`)
    const services = [failing, restarting, handedOver, handedOverAgain]
    await Promise.all([deaf.start(), ...services.map(startCounting)])
    await restartEngine(guest)
    for (const service of [failing, handedOver, deaf]) {
      const words = `container ${service.name} ended with the Engine`
      await service.reaches({ActiveState: 'failed', StatusText: words})
      await service.says(words)
    }
    for (const service of [restarting, handedOverAgain]) {
      await service.reaches({ActiveState: 'active', NRestarts: '1'})
      await service.says(`container ${service.name} ended with the Engine`)
      expect(await service.pids()).toContain(Number(await pidOf(service)))
    }
    const what = 'restarted without live-restore'
    expect(await look(guest, failing, what)).toEqual({...OURS, docker: 'exited 0'})
    expect(await look(guest, handedOver, `${what}, handed over`)).toEqual({
      ...OURS,
      ExecMainStatus: '0',
      docker: 'exited 0',
    })
    expect(await look(guest, deaf, `${what}, deaf to SIGTERM`)).toEqual({...KILLED, docker: 'exited 137'})
    const again = {ActiveState: 'active', docker: 'running', NRestarts: '1', left: []}
    expect(await look(guest, restarting, `${what}, Restart=on-failure, --rm`)).toMatchObject(again)
    expect(await look(guest, handedOverAgain, `${what}, Restart=on-failure, --rm, handed over`)).toMatchObject({
      ...again,
      left: [],
    })
  })
})

describe.each(HOSTS.slice(0, 1))('an Engine that does not answer on $name', ({host}) => {
  leaveAnEngine(host)

  test('an Engine that does not answer keeps no unit from its stop in time, and no process stays', async () => {
    const guest = host()
    const inTime = {TimeoutStopSec: '8'}
    const stops: {what: string; seen: Outcome; line: string; settings: Readonly<Record<string, string>>}[] = [
      {what: 'KillMode=mixed', seen: CLEAN, line: COUNTING, settings: {KillMode: 'mixed'}},
      {what: 'KillMode=control-group', seen: CLEAN, line: COUNTING, settings: {KillMode: 'control-group'}},
      {what: 'KillMode=mixed, deaf to SIGTERM', seen: KILLED, line: DEAF, settings: {KillMode: 'mixed'}},
      {
        what: 'KillMode=control-group, deaf to SIGTERM',
        seen: KILLED,
        line: DEAF,
        settings: {KillMode: 'control-group'},
      },
    ]
    const services = await Promise.all(
      stops.map(({line, settings}) => defineService(guest, `run --rm --name %n ${line}`, {...settings, ...inTime})),
    )
    const handedOver = await defineService(guest, `--handover run --rm --name %n ${COUNTING}`, {
      ...FINISHED,
      // Without the Engine.
      ExecStop: '/bin/sh -c "kill $MAINPID; while kill -0 $MAINPID 2>/dev/null; do sleep 0.1; done"',
      // As on a host that is slow to start a program.
      ExecStopPost: '/bin/sh -c "sleep 3; exec /opt/bin/systemd-docker finish %n"',
      ...inTime,
    })
    const hurried = await defineService(guest, `run --rm --stop-timeout 100 --name %n ${DEAF}`, {KillMode: 'mixed'})
    const all = [...services, handedOver, hurried]
    await Promise.all(all.map((service) => service.start()))
    const pids = await Promise.all(all.map(pidOf))
    await guest.run('pkill', '-STOP', '-x', 'dockerd')
    const stopped = Promise.all(all.map((service) => service.stop()))
    await hurried.reaches({StatusText: `container ${hurried.name} stopping`})
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=TERM', hurried.name)
    await stopped
    await Promise.all(pids.map((pid) => isGone(guest, pid)))
    await guest.run('pkill', '-CONT', '-x', 'dockerd')
    for (const [index, service] of services.entries()) {
      await noContainer(guest, service)
      expect(await look(guest, service, `hangs, stopped with ${stops[index]?.what ?? ''}, --rm`)).toEqual(
        stops[index]?.seen,
      )
    }
    await noContainer(guest, hurried)
    expect(await look(guest, hurried, 'hangs, stopped, a second SIGTERM, deaf to SIGTERM, --rm')).toEqual(KILLED)
    await handedOver.says(/^cannot reach the Docker Engine at unix:.*: it does not answer/)
    expect(await look(guest, handedOver, 'hangs, stopped, handed over, --rm')).toEqual({
      ...OURS,
      ExecMainStatus: '0',
      docker: 'exited 0',
    })
    await Promise.all(all.map((service) => service.start()))
    for (const service of all) await service.reaches({ActiveState: 'active'})
  })

  test('a container that the Engine kills as its time is over is a failure of the stop, although the Engine hangs before it says so', async () => {
    const guest = host()
    const service = await defineService(guest, `run --rm --stop-timeout 1 --name %n ${DEAF}`, {
      KillMode: 'mixed',
      TimeoutStopSec: '8',
    })
    await service.start()
    const hanging = guest.run(
      'sh',
      '-c',
      'engine=$(pgrep -x dockerd); while [ -d /proc/$0 ]; do :; done; kill -STOP $engine',
      await pidOf(service),
    )
    await service.stop()
    await hanging
    const words = `container ${service.name} was ended without the Engine, which does not answer`
    expect(await service.show('StatusText')).toEqual({StatusText: words})
    expect(await service.journal()).not.toContainEqual(expect.stringMatching(/went away/))
    await guest.run('pkill', '-CONT', '-x', 'dockerd')
    await noContainer(guest, service)
    expect(await look(guest, service, 'hangs once it has killed the container, --stop-timeout 1, --rm')).toEqual(KILLED)
  })

  test('an Engine that does not answer fails a start in time, lets it be stopped, and leaves nothing', async () => {
    const guest = host()
    const failing = await defineService(guest, `run --rm --name %n ${COUNTING}`, {TimeoutStartSec: '5'})
    const stopped = await defineService(guest, `run --rm --name %n ${COUNTING}`, {TimeoutStopSec: '8'})
    // Without containerd the Engine makes a container, and then hangs over its start; it hangs as well over what it is,
    // which is asked for a container that is to be in the unit, or in its journal.
    const unasked = '--cgroups none --logs=false'
    const halfway = await defineService(guest, `${unasked} run --rm --name %n ${COUNTING}`, {TimeoutStopSec: '8'})
    await guest.run('pkill', '-STOP', '-x', 'containerd')
    const starts = [halfway.start()]
    await isMade(guest, halfway)
    await halfway.reaches({ActiveState: 'activating', StatusText: `starting container ${halfway.name}`})
    await guest.run('pkill', '-STOP', '-x', 'dockerd')
    starts.push(failing.start(), stopped.start())
    await stopped.reaches({StatusText: 'waiting for the Docker Engine at unix:///var/run/docker.sock'})
    await Promise.all([halfway.stop(), stopped.stop(), ...starts])
    await failing.says(/^cannot reach the Docker Engine at unix:.*: it does not answer/)
    await halfway.says('the Engine takes too long; what it was asked for may be left behind')
    await guest.run('pkill', '-CONT', '-x', 'containerd|dockerd')
    for (const service of [failing, stopped, halfway]) await noContainer(guest, service)
    expect(await look(guest, failing, 'hangs before a start, TimeoutStartSec=5')).toEqual(OURS)
    expect(await look(guest, stopped, 'hangs before a start that is then stopped')).toEqual(CLEAN)
    expect(await look(guest, halfway, 'hangs in the middle of a start that is then stopped')).toEqual(CLEAN)
    for (const service of [failing, stopped, halfway]) {
      await service.start()
      await service.reaches({ActiveState: 'active'})
    }
  })

  test('an Engine that is not up yet is waited for, and the container is born in the unit', async () => {
    const guest = host()
    const service = await defineService(guest, `run --rm --name %n ${COUNTING}`)
    await stopEngine(guest)
    const starting = service.start()
    await service.reaches({
      ActiveState: 'activating',
      StatusText: 'waiting for the Docker Engine at unix:///var/run/docker.sock',
    })
    await startEngine(guest)
    expect((await starting).status).toBe(0)
    await service.says(/^the container was born in/)
    expect(await service.show('ActiveState', 'StatusText')).toEqual({
      ActiveState: 'active',
      StatusText: expect.stringMatching(runs(service.name)) as unknown,
    })
    await service.stop()
    expect(await look(guest, service, 'not up yet at the start, later stopped, --rm')).toEqual(CLEAN)
  })

  test('an Engine that is not there is waited for until shortly before systemd gives up', async () => {
    const guest = host()
    const service = await defineService(guest, `run --rm --name %n ${COUNTING}`, {TimeoutStartSec: '3'})
    await stopEngine(guest)
    const line = '/opt/bin/systemd-docker run --rm --name %n busybox true'
    const slow = [`sleep 2; exec ${line}`, `sleep 2; ${line}; exit $$?`].map((script) =>
      defineService(guest, '', {ExecStart: `/bin/sh -c '${script}'`, TimeoutStartSec: '5'}),
    )
    const services = [service, ...(await Promise.all(slow))]
    await Promise.all(services.map((one) => one.start()))
    for (const one of services) {
      await one.says(/^cannot reach the Docker Engine at unix:.*is docker.service running/)
      expect(await look(guest, one, 'not there, TimeoutStartSec=3 or 5, the program starts late')).toEqual(OURS)
    }
  })
})
