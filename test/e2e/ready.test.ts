import {readFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {CURRENT, EACH_RELEASE} from '../support/host/hosts.js'
import {containers, defineService, runs, type Service} from '../support/service/service.js'

const READY = {ActiveState: 'active', SubState: 'running'}
/** A shell command in a container that waits until a file is there. */
const go = 'until [ -e /tmp/go ]; do sleep 0.1; done'
const check = "--health-cmd 'test -e /tmp/go' --health-interval 1s --health-retries 1000"

/** Says what makes a unit ready, and what a container does that becomes so once it has a file. */
const KINDS: readonly {ready: string; line: string; waits: RegExp}[] = [
  {
    ready: 'http://127.0.0.1:18801/health',
    line: `-p 127.0.0.1:18801:80 busybox sh -c "${go}; mkdir /www; touch /www/health; exec httpd -f -h /www"`,
    waits: /^waiting for http:\/\/127\.0\.0\.1:18801\/health: \w.*, \d+(?:st|nd|rd|th) try$/,
  },
  {
    // Docker's proxy listens on the port from the beginning.
    ready: 'tcp:127.0.0.1:18802',
    line: `-p 127.0.0.1:18802:80 busybox sh -c "${go}; exec httpd -f"`,
    waits: /^waiting for tcp:127\.0\.0\.1:18802: .*, \d+(?:st|nd|rd|th) try$/,
  },
  {
    ready: 'unix:/run/%n.sock',
    line: `-v /:/host busybox sh -c "${go}; exec chroot /host node -e 'require(\\"net\\").createServer().listen(\\"/run/%n.sock\\")'"`,
    waits: /^waiting for unix:\/run\/test.*\.sock: ENOENT, \d+(?:st|nd|rd|th) try$/,
  },
  {
    ready: "'log:/^listening on [0-9]+$/'",
    line: `busybox sh -c "echo starting; ${go}; echo listening on 80; exec sleep 1000"`,
    waits: /^waiting for log:\/\^listening on \[0-9\]\+\$\/$/,
  },
  {
    ready: "'exec:echo not yet; test -e /tmp/go'",
    line: 'busybox sleep 1000',
    waits: /^waiting for exec:echo not yet; test -e \/tmp\/go: status 1, not yet, \d+(?:st|nd|rd|th) try$/,
  },
  {
    ready: 'healthy',
    line: `${check} busybox sleep 1000`,
    waits: /^waiting for its health check: (?:no check has ended|status 1), \d+(?:st|nd|rd|th) try$/,
  },
]

/** Does the same with several services at once. */
async function each<T, R>(all: readonly T[], act: (one: T) => Promise<R>): Promise<R[]> {
  return await Promise.all(all.map(act))
}

async function expectNothingLeft(guest: Guest, service: Service): Promise<void> {
  expect(await containers(guest, `name=${service.name}`)).toEqual([])
  expect(await service.pids()).toEqual([])
}

describe.each(EACH_RELEASE)('what makes a unit ready on $name', ({guest}) => {
  test('a unit starts up until what --ready says is so, and systemctl status says what is waited for', async () => {
    await each(KINDS, async ({ready, line, waits}) => {
      const service = await defineService(guest, `--ready ${ready} run --rm --init --name %n ${line}`)
      const started = service.start()
      await service.reaches({ActiveState: 'activating', StatusText: waits})
      await guest.run('docker', 'exec', service.name, 'touch', '/tmp/go')
      expect((await started).status, ready).toBe(0)
      expect(await service.show('ActiveState', 'SubState')).toEqual(READY)
      expect((await service.show('StatusText')).StatusText).toMatch(runs(service.name, '.*'))
    })
  })

  test('a unit may wait for as long as TimeoutStartSec= says, for longer where --ready-timeout does, and until it is stopped', async () => {
    const line = 'run --rm --init --name %n busybox sleep 1000'
    const [stopped, late, longer] = await Promise.all([
      defineService(guest, `--ready unix:/run/nowhere.sock ${line}`),
      defineService(guest, `--ready unix:/run/nowhere.sock ${line}`, {TimeoutStartSec: '8'}),
      // The container is made and started within the unit's own time, which takes seconds on a host that is busy.
      defineService(guest, `--ready delay:9s --ready-timeout 60s ${line}`, {TimeoutStartSec: '8'}),
    ])
    const waits = /^waiting for unix:\/run\/nowhere\.sock: ENOENT, \d+(?:st|nd|rd|th) try$/
    const starts = Promise.all([stopped.start(), late.start(), longer.start()])
    await stopped.reaches({StatusText: waits})
    await stopped.stop()
    expect((await starts).map(({status}) => status)).toEqual([1, 1, 0])
    expect(await stopped.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    expect(await late.show('ActiveState', 'Result')).toEqual({ActiveState: 'failed', Result: 'timeout'})
    // A host that is slow may give no answer within eight seconds.
    expect((await late.show('StatusText')).StatusText).toMatch(/^waiting for unix:\/run\/nowhere\.sock(?:: ENOENT, |$)/)
    for (const service of [stopped, late]) await expectNothingLeft(guest, service)
    const {ActiveState, ...took} = await longer.show(
      'ActiveState',
      'ActiveEnterTimestampMonotonic',
      'InactiveExitTimestampMonotonic',
    )
    expect(ActiveState).toBe('active')
    const microseconds = Number(took.ActiveEnterTimestampMonotonic) - Number(took.InactiveExitTimestampMonotonic)
    expect(microseconds).toBeGreaterThan(9_000_000)
  })

  test('a container that could never be ready does not run, and one that ends or is unhealthy before it is fails the start with its last words; nothing is left', async () => {
    const FAILURES = [
      {
        line: '--ready http://127.0.0.1:18803/ run --rm --name %n busybox sh -c "sleep 3; echo no; echo database; exit 3"',
        status: '3',
        says: /the container is not ready: it ended with status 3 while systemd-docker was waiting for http:\/\/127\.0\.0\.1:18803\/: ECONNREFUSED, \d+(?:st|nd|rd|th) try; its last output: no \| database$/,
        output: 'database',
      },
      {
        line: '--ready tcp:127.0.0.1:18804 run --rm --name %n busybox sh -c "echo bye; exit 0"',
        status: '125',
        says: /the container is not ready: it ended with status 0 while .*; its last output: bye$/,
        output: 'bye',
      },
      {
        line: `--ready healthy run --rm --init --name %n --health-cmd 'echo no database; false' --health-interval 1s --health-retries 1 busybox sh -c "echo up; exec sleep 1000"`,
        status: '125',
        says: /the container is not ready: it is unhealthy: the health check ended with status 1, no database; its last output: up$/,
        output: 'up',
      },
      {
        line: `--ready tcp:127.0.0.1:18805 run --rm --init --name %n --health-cmd false --health-interval 1s --health-retries 1 busybox sh -c "echo up; exec sleep 1000"`,
        status: '125',
        says: /the container is not ready: it is unhealthy: the health check ended with status 1; its last output: up$/,
        output: 'up',
      },
      {
        line: `--ready exec:false --ready-timeout 4s --ready-interval 1s run --rm --init --name %n busybox sh -c "echo up; exec sleep 1000"`,
        status: '125',
        says: /the container is not ready: 4 s have passed \(--ready-timeout\) while systemd-docker was waiting for exec:false: status 1, \d(?:st|nd|rd|th) try; its last output: up$/,
        output: 'up',
      },
      {
        line: `--ready 'log:/up/' run --rm --init --name %n --log-driver none busybox sh -c "echo up; exec sleep 1000"`,
        status: '125',
        says: /the container is not ready: its output cannot be read: the Engine failed to read the log of the container: .* \(HTTP \d+\)$/,
        // It may be removed before it has said anything.
        output: undefined,
      },
    ]
    const REFUSED = [
      {line: '--ready soon', says: /^notify-delegation \(resolve\): invalid value "soon" for --ready: use started, /},
      {line: '--notify --ready healthy', says: /--notify and --ready healthy cannot be used together/},
      {line: '--ready healthy', says: /option --ready healthy is refused: neither the image nor the line has a health/},
    ]
    const refused = each(REFUSED, async ({line, says}) => {
      const service = await defineService(guest, `${line} run --rm --name %n -v /run:/run busybox touch /run/%n.ran`)
      expect((await service.start()).status).toBe(1)
      await service.says(says)
      expect(await service.show('ExecMainStatus')).toEqual({ExecMainStatus: '125'})
      await expectNothingLeft(guest, service)
      expect((await guest.attempt(['ls', `/run/${service.name}.ran`])).status).toBe(2)
    })
    await each(FAILURES, async ({line, status, says, output}) => {
      const service = await defineService(guest, line)
      expect((await service.start()).status).toBe(1)
      expect(await service.show('ActiveState', 'Result', 'ExecMainStatus')).toEqual({
        ActiveState: 'failed',
        Result: 'exit-code',
        ExecMainStatus: status,
      })
      expect((await service.show('StatusText')).StatusText).toMatch(says)
      await service.says(says)
      if (output !== undefined) await service.says(output)
      await expectNothingLeft(guest, service)
    })
    await refused
  })

  test('a container is handed over, or left to a oneshot, once it is ready', async () => {
    const words = "--ready 'log:/^listening$/' --logs=false"
    const line = `busybox sh -c "sleep 4; echo listening; exec sleep 1000"`
    const handedOver = await defineService(guest, `${words} --handover run --init --name %n ${line}`, {
      ExecStop: '/usr/bin/docker stop %n',
      ExecStopPost: '/opt/bin/systemd-docker finish %n',
    })
    const oneshot = await defineService(guest, `${words} run -d --init --name %n ${line}`, {
      Type: 'oneshot',
      RemainAfterExit: 'yes',
      NotifyAccess: 'none',
    })
    for (const {status} of await each([handedOver, oneshot], (service) => service.start())) expect(status).toBe(0)
    await oneshot.says('waiting for log:/^listening$/')
    const {MainPID} = await handedOver.show('MainPID')
    expect(MainPID).toBe(await handedOver.inspect('{{.State.Pid}}'))
    for (const service of [handedOver, oneshot]) {
      expect(await service.show('ActiveState')).toEqual({ActiveState: 'active'})
      expect(await guest.run('docker', 'logs', service.name)).toContain('listening')
    }
  })
})

describe.each(CURRENT)('docs/readiness.md on $name', ({guest}) => {
  test('the unit of docs/readiness.md is active when nginx answers', async () => {
    const page = await readFile(new URL('../../docs/readiness.md', import.meta.url), 'utf8')
    const [, text = ''] = /```ini\n\[Service\]\n([^`]*--ready[^`]*)```/.exec(page) ?? []
    // Other tests start this unit, too.
    const settings = text
      .replaceAll('8080', '18806')
      .split('\n')
      .filter((line) => line !== '')
    const service = await defineService(
      guest,
      '',
      Object.fromEntries(settings.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
    )
    expect((await service.start()).status).toBe(0)
    expect(await guest.run('curl', '--silent', 'http://127.0.0.1:18806/')).toContain('nginx')
  })
})
