import {readFile} from 'node:fs/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {PRIORITY_NAMES} from '../../src/logs/priority/level-names.js'
import {NEWEST_AND_OLDEST, hostsNamed} from '../support/host/hosts.js'
import {containers, defineService, unique, type Service} from '../support/service/service.js'

/** Says lines of each kind on both outputs, one longer than a message of Docker's log among them. */
const SAYS = `
echo plain out
echo plain err >&2
echo '<4>warned out'
echo '<3>failed err' >&2
echo '<30>with a facility'
echo '{"level":50,"msg":"json out"}'
echo '{"severity":"NOTICE","msg":"json err"}' >&2
echo 'level=warn msg="logfmt out"'
echo '[CRITICAL] bracketed err' >&2
head -c 40000 /dev/zero | tr '\\0' x
echo
`
/** Says a stack trace in two pieces on one output while the other says something else, and a line after it. */
const TRACE = `
echo 'level=error it failed' >&2
echo '    at one' >&2
echo 'between'
sleep 0.1
echo '<6>    at two' >&2
echo 'level=info it goes on' >&2
`
const LONG = 'x'.repeat(40_000)

/** Runs a script in a container until it ends; what the unit's journal has then, each entry with its priority. */
async function entriesOf(guest: Guest, script: string, options: string): Promise<string[]> {
  const path = `/run/${unique()}.sh`
  await guest.write(path, `${script}\nsleep 1\n`)
  onTestFinished(async () => {
    await guest.run('rm', path)
  })
  const service = await defineService(guest, `${options} run --rm --name %n -v ${path}:/say:ro busybox sh /say`)
  await service.start()
  await service.reaches({ActiveState: 'inactive', Result: 'success'})
  return await journalOf(guest, service)
}

async function journalOf(guest: Guest, {name}: Pick<Service, 'name'>): Promise<string[]> {
  await guest.run('journalctl', '--sync')
  const text = await guest.run('journalctl', `--unit=${name}`, '--output=json', '--all', '--no-pager')
  return text.split('\n').map((line) => {
    const {PRIORITY, MESSAGE} = JSON.parse(line) as {PRIORITY: string; MESSAGE: string}
    return `${PRIORITY_NAMES[Number(PRIORITY)] ?? ''}: ${MESSAGE}`
  })
}

/** What is said of the unit itself stands among them. */
function expectAll(entries: readonly string[], wanted: readonly string[]): void {
  expect(entries).toEqual(expect.arrayContaining([...wanted]))
}

describe.each(NEWEST_AND_OLDEST)('the priority of what a container says on $name', ({guest}) => {
  test('a line has the priority that stands before it or that its text says, or that of its stream, and a long line is one entry', async () => {
    const [plain, json, logfmt, regex, traced] = await Promise.all([
      entriesOf(guest, SAYS, ''),
      entriesOf(guest, SAYS, '--stderr-priority err --log-level-from json'),
      entriesOf(guest, SAYS, '--log-level-from logfmt'),
      entriesOf(guest, SAYS, String.raw`--stderr-priority 5 --log-level-from "regex:/^\\[(\\w+)\\]/"`),
      entriesOf(guest, TRACE, String.raw`--log-level-from logfmt --multiline "/^\\S/"`),
    ])
    const prefixed = ['warning: warned out', 'err: failed err', 'info: <30>with a facility', `info: ${LONG}`]
    expectAll(plain, [...prefixed, 'info: plain out', 'info: plain err', 'info: {"level":50,"msg":"json out"}'])
    expectAll(json, [
      ...prefixed,
      'info: plain out',
      'err: plain err',
      'err: {"level":50,"msg":"json out"}',
      'notice: {"severity":"NOTICE","msg":"json err"}',
      'info: level=warn msg="logfmt out"',
      'err: [CRITICAL] bracketed err',
    ])
    expectAll(logfmt, [...prefixed, 'info: plain err', 'warning: level=warn msg="logfmt out"'])
    expectAll(regex, [...prefixed, 'notice: plain err', 'crit: [CRITICAL] bracketed err'])
    // A line of a stream of the journal's is an entry.
    expectAll(traced, [
      'err: level=error it failed',
      'err:     at one',
      'info: between',
      'err:     at two',
      'info: level=info it goes on',
    ])
  })
})

describe.each(hostsNamed('debian-forky'))('what says priorities wrong on $name', ({guest}) => {
  test('an option that names no priority or no way to find one fails the start, and no container is made', async () => {
    const REFUSED = [
      {line: '--stderr-priority loud', says: /invalid value "loud" for --stderr-priority: use emerg, /},
      {line: '--log-level-from xml', says: /invalid value "xml" for --log-level-from: use json, /},
      {line: '--multiline "/(?=x)/"', says: /invalid value "\/\(\?=x\)\/" for --multiline: .* without look-around/},
    ]
    const all = REFUSED.map(async ({line, says}) => {
      const service = await defineService(guest, `${line} run --name %n busybox true`)
      await service.start()
      await service.reaches({ActiveState: 'failed', ExecMainStatus: '125'})
      await service.says(says)
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
    })
    await Promise.all(all)
  })
})

describe.each(hostsNamed('debian-forky'))('entries of several lines on $name', ({guest}) => {
  test('with --logs=native a stack trace is one entry, and so is a long line', async () => {
    const [traced, said] = await Promise.all([
      entriesOf(guest, TRACE, String.raw`--logs=native --log-level-from logfmt --multiline "/^\\S/"`),
      entriesOf(guest, SAYS, '--logs=native --stderr-priority err --log-level-from json'),
    ])
    expectAll(traced, [
      'err: level=error it failed\n    at one\n    at two',
      'info: between',
      'info: level=info it goes on',
    ])
    expectAll(said, [
      'info: plain out',
      'err: plain err',
      'warning: warned out',
      'err: {"level":50,"msg":"json out"}',
      `info: ${LONG}`,
    ])
  })

  test("the unit of docs/logs.md gives nginx's messages the priorities that they name", async () => {
    const page = await readFile(new URL('../../docs/logs.md', import.meta.url), 'utf8')
    const unit = /```ini\n([^`]*--log-level-from[^`]*)```/.exec(page)?.[1] ?? ''
    const name = `${unique()}.service`
    await guest.write(`/etc/systemd/system/${name}`, unit)
    onTestFinished(async () => {
      await guest.attempt(['systemctl', 'stop', name])
      await guest.run('rm', `/etc/systemd/system/${name}`)
    })
    await guest.run('systemctl', 'start', name)
    const address = await guest.run(
      'docker',
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
      name,
    )
    // nginx calls it an error that it may list no directory.
    await guest.run('docker', 'exec', name, 'sh', '-c', 'rm /var/www/html/*')
    const entries = await until(20_000, async () => {
      await guest.attempt(['curl', '--silent', `http://${address}/`])
      const all = await journalOf(guest, {name})
      return ['is forbidden', '"GET /'].every((words) => all.some((entry) => entry.includes(words))) ? all : undefined
    })
    expect(entries).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^err: .* \[error\] .* is forbidden/),
        expect.stringMatching(/^info: .*"GET \//),
      ]),
    )
  })
})
