import {describe, expect, onTestFinished, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {CURRENT, HOSTS} from '../support/host/hosts.js'
import {defineService, unique, runs} from '../support/service/service.js'

/** Says its count, and ends at once when it is asked to by SIGTERM. */
const COUNTING = `trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done`

/** Says two thousand lines on each of its outputs, and one that it does not finish. */
const TALKATIVE = `i=0; while [ $$i -lt 2000 ]; do i=$$((i+1)); echo out $$i; echo err $$i >&2; done; printf unfinished; sleep 1`

/** Whether a text is two others, cut anywhere, each in its order, and nothing else. */
function isMadeOf(text: string, one: string, other: string): boolean {
  /** How much of the one may have come so far. */
  let ofOne = new Set([0])
  for (let at = 0; at < text.length; at++)
    ofOne = new Set(
      [...ofOne].flatMap((came) => [
        ...(one[came] === text[at] ? [came + 1] : []),
        ...(other[at - came] === text[at] ? [came] : []),
      ]),
    )
  return text.length === one.length + other.length && ofOne.has(one.length)
}

/** Says something, half closes its connection, and prints all that comes. */
const CLIENT = `
  const socket = require('node:net').connect({port: Number(process.argv[1]), host: '127.0.0.1', allowHalfOpen: true})
  socket.pipe(process.stdout)
  socket.end('hello\\n')`

describe.each(HOSTS)('the output of a container on $name', ({guest}) => {
  test('the output of a container that is taken over while it is paused comes once it goes on', async () => {
    const service = await defineService(guest, '--cgroups none run --name %n busybox')
    const made = ['--detach', `--name=${service.name}`, 'busybox', 'sh', '-c', COUNTING]
    await guest.run('docker', 'run', ...made)
    await guest.run('docker', 'pause', service.name)
    expect((await service.start()).status).toBe(0)
    await service.reaches({ActiveState: 'active'})
    await guest.run('docker', 'unpause', service.name)
    await service.says(/^line \d+$/)
    await service.reaches({StatusText: runs(service.name)})
    await service.stop()
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
  })

  test('a line that a life of the container does not finish ends with it, and no word of ours is in it', async () => {
    const services = await Promise.all(
      ['', '-t'].map((word) =>
        defineService(
          guest,
          `run --rm ${word} --name %n busybox sh -c "sleep 1; printf half; touch /said; sleep 1000"`,
        ),
      ),
    )
    await Promise.all(services.map((service) => service.start()))
    for (const service of services) {
      // Docker's log has no line before it is finished.
      await until(20_000 * guest.kind.slowness, async () =>
        (await guest.attempt(['docker', 'exec', service.name, 'test', '-e', '/said'])).status === 0 ? true : undefined,
      )
      await guest.run('docker', 'restart', '--time=0', service.name)
      await service.says('half')
      await service.says(/^container .* was started again/)
    }
  })

  test('a container that is handed over with the journald driver on its line is in the journal once, under the unit', async () => {
    const service = await defineService(
      guest,
      '--handover run --rm --init --log-driver=journald --log-opt tag=tagged --name %n busybox sh -c "echo handed over; sleep 1000"',
      {ExecStop: '/usr/bin/docker stop %n', ExecStopPost: '/opt/bin/systemd-docker finish %n'},
    )
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says('handed over')
    expect((await service.journal()).filter((line) => line === 'handed over')).toHaveLength(1)
    const tagged = await guest.run(
      'journalctl',
      'SYSLOG_IDENTIFIER=tagged',
      `CONTAINER_NAME=${service.name}`,
      '--output=cat',
    )
    expect(tagged).toBe('handed over')
    await service.stop()
  })

  test("a file has the container's bytes whole and in order, as with docker run, and no word of ours", async () => {
    const directory = `/run/${unique()}`
    await guest.run('mkdir', directory)
    onTestFinished(async () => {
      await guest.run('rm', '-r', directory)
    })
    const rest = `--rm --name %n busybox sh -c "${TALKATIVE}"`
    const [appended, split, nowhere, byDocker] = await Promise.all([
      defineService(guest, `run ${rest}`, {StandardOutput: `append:${directory}/both`}),
      defineService(guest, `run ${rest}`, {
        StandardOutput: `file:${directory}/out`,
        StandardError: `file:${directory}/err`,
      }),
      defineService(guest, `run ${rest}`, {StandardOutput: 'null'}),
      defineService(guest, '', {
        Type: 'exec',
        ExecStart: `/usr/bin/docker run ${rest}`,
        StandardOutput: `append:${directory}/docker`,
      }),
    ])
    const services = [appended, split, nowhere, byDocker]
    await Promise.all(services.map((service) => service.start()))
    await Promise.all(services.map((service) => service.reaches({ActiveState: 'inactive', Result: 'success'})))
    const shell = async (script: string): Promise<string> => await guest.run('sh', '-c', `cd ${directory}; ${script}`)
    const numbered = (word: string): string =>
      Array.from({length: 2000}, (_, index) => `${word} ${String(index + 1)}`).join('\n')
    // The Engine cuts either stream anywhere, also in the middle of a line, and between the two there is no order.
    for (const file of ['both', 'docker'])
      expect(
        isMadeOf(await shell(`cat ${file}; echo .`), `${numbered('out')}\nunfinished`, `${numbered('err')}\n.`),
        file,
      ).toBe(true)
    expect(await shell('cat out')).toBe(`${numbered('out')}\nunfinished`)
    expect(await shell('cat err')).toBe(numbered('err'))
    // What is said of the container's place is in the journal, under the unit.
    for (const service of [appended, split, nowhere])
      await service.says(/^(?:the container was born in |moved the container)/)
  })

  test('the reason of a failure is in the journal, under the unit, where the output goes to a file', async () => {
    const file = `/run/${unique()}`
    const service = await defineService(guest, 'run --rm --pull=never --name %n nobody/has-it', {
      StandardOutput: `append:${file}`,
    })
    await service.start()
    await service.says(/^image nobody\/has-it is not on this host/)
    const errors = await guest.run('journalctl', `--unit=${service.name}`, '--priority=err', '--output=cat')
    expect(errors).toMatch(/^image nobody\/has-it is not on this host/m)
    expect(await guest.run('cat', file)).toBe('')
    await guest.run('rm', file)
  })

  test("a socket has the container's bytes alone, as they come", async () => {
    const name = unique()
    const units = '/run/systemd/system'
    await guest.write(`${units}/${name}.socket`, '[Socket]\nListenStream=127.0.0.1:7778\nAccept=yes\n')
    await guest.write(
      `${units}/${name}@.service`,
      [
        '[Service]',
        'Type=notify',
        'NotifyAccess=all',
        'StandardInput=socket',
        `ExecStart=/opt/bin/systemd-docker run -i --rm busybox sh -c "cat; echo to standard error >&2; printf 'name: '; sleep 1"`,
        '',
      ].join('\n'),
    )
    onTestFinished(async () => {
      await guest.attempt(['systemctl', 'stop', `${name}.socket`, `${name}@*.service`])
      await guest.run('rm', `${units}/${name}.socket`, `${units}/${name}@.service`)
    })
    await guest.run('systemctl', 'start', `${name}.socket`)
    const heard = await guest.attempt(['/usr/local/bin/node', '-e', CLIENT, '--', '7778'])
    expect(heard.stdout.replace('to standard error\n', '')).toBe('hello\nname: ')
    expect(heard.stdout).toContain('to standard error\n')
    await until(20_000 * guest.kind.slowness, async () => {
      const {stdout} = await guest.attempt(['journalctl', `--unit=${name}@*`, '--output=cat', '--no-pager'])
      return stdout.includes('container') ? true : undefined
    })
  })
})

describe.each(CURRENT)('our own words beside the output of a container on $name', ({guest}) => {
  test('no word of ours comes into a line that the container has begun, nor with its priority as text', async () => {
    const line = 'run --rm --init --name %n busybox sh -c "printf half; exec sleep 1000"'
    const services = await Promise.all(
      [
        ...Array.from({length: 5}, () => ({})),
        {SyslogLevelPrefix: 'no'},
        {User: 'games', SupplementaryGroups: 'docker'},
      ].map((settings) => defineService(guest, line, {SyslogIdentifier: 'named', ...settings})),
    )
    await Promise.all(services.map((service) => service.start()))
    for (const service of services) await service.says(/^(?:the container (?:was born in|stays)|moved the container) /)
    await Promise.all(services.map((service) => service.stop()))
    for (const service of services) {
      await service.says('half')
      expect((await service.journal()).filter((said) => /<\d>/.test(said))).toEqual([])
    }
  })

  test('how a container ended is said behind all of its output, whose last line is not finished', async () => {
    const services = await Promise.all(
      Array.from({length: 3}, () =>
        defineService(
          guest,
          'run --rm --name %n busybox sh -c "i=0; while [ $$i -lt 20000 ]; do i=$$((i+1)); echo line $$i; done; printf last; exit 125"',
          {LogRateLimitIntervalSec: '0'},
        ),
      ),
    )
    await Promise.all(services.map((service) => service.start()))
    for (const service of services) {
      await service.says(/^container .* ended with status 125/)
      const said = await service.journal()
      const at = said.findIndex((line) => /^container .* ended with status 125/.test(line))
      expect(said.slice(at - 2, at)).toEqual(['line 20000', 'last'])
    }
  })
})
