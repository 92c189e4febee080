import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {NEWEST_AND_OLDEST, hostsNamed} from '../support/host/hosts.js'
import {installBare} from '../support/host/install.js'
import {defineService, unique, type Service} from '../support/service/service.js'

type Entry = Readonly<Record<string, unknown>>

/** How often a container says a line on each of its outputs. */
const TIMES = 10_000
/** Longer than an entry may be. */
const LONG = 100_000
const SAYS = `
echo to stdout
echo to stderr >&2
echo '<4>warned'
echo
printf 'bytes \\377\\n'
echo filtered
head -c ${String(LONG)} /dev/zero | tr '\\0' x
echo
printf 'name: '
sleep 8
echo web
sleep 1
`
const COUNTS = `i=0; while [ $i -lt ${String(TIMES)} ]; do i=$((i+1)); echo out $i; echo err $i >&2; done; sleep 1`

/** The entries that the journal has of a unit, without systemd's own and ours. */
async function entries(guest: Guest, {name}: Service): Promise<Entry[]> {
  await guest.run('journalctl', '--sync')
  const text = await guest.run('journalctl', `--unit=${name}`, '--output=json', '--all', '--no-pager')
  const all = text.split('\n').map((line) => JSON.parse(line) as Entry)
  return all.filter(({SYSLOG_IDENTIFIER: by}) => by !== 'systemd' && by !== 'systemd-docker')
}

/** The priority of each entry with its text, in which a lot of x is its count. */
function said(all: readonly Entry[]): string[] {
  return all.map(({PRIORITY, MESSAGE}) => {
    // journalctl(1), `--output=json`: what is not UTF-8 is an array of its bytes.
    const text = Array.isArray(MESSAGE) ? Buffer.from(MESSAGE as number[]).toString('latin1') : String(MESSAGE)
    return `${String(PRIORITY)} ${text.replace(/x{100,}/, ({length}) => String(length))}`
  })
}

describe.each(NEWEST_AND_OLDEST)('entries of --logs=native on $name', ({guest}) => {
  /** Runs a script in a container until it ends. */
  const ran = async (
    rest: string,
    script: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Service> => {
    const path = `/run/${unique()}.sh`
    await guest.write(path, script)
    onTestFinished(async () => {
      await guest.run('rm', path)
    })
    const line = `--logs=native run --rm ${rest} --name %n -v ${path}:/say:ro busybox sh /say`
    const service = await defineService(guest, line, settings)
    await service.start()
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
    return service
  }

  test('a line is an entry with the fields of the container and what the unit says of its log, and none is lost', async () => {
    const fields =
      '--label shop.tier=front --env STAGE=live --log-opt labels-regex=^shop --log-opt env=STAGE --log-opt tag={{.ImageName}}/{{.Name}}'
    const [all, plain, terminal, counted] = await Promise.all([
      ran(fields, SAYS, {LogExtraFields: 'MARK=marked', LogFilterPatterns: '~filtered', SyslogIdentifier: 'named'}),
      ran('', "echo '<4>text'; sleep 1", {SyslogLevelPrefix: 'no', SyslogLevel: 'notice'}),
      ran('-t', 'echo one; echo two; sleep 1'),
      ran('', COUNTS, {LogRateLimitIntervalSec: '1s', LogRateLimitBurst: '1000000'}),
    ])
    const found = await entries(guest, all)
    const [first, last] = [49_148, LONG - 2 * 49_148]
    const ofStdout = [
      '6 to stdout',
      '4 warned',
      '6 ',
      '6 bytes \xff',
      `6 ${String(first)}`,
      `6 ${String(first)}`,
      `6 ${String(last)}`,
      '6 name: ',
      '6 web',
    ]
    // LogFilterPatterns= is of systemd 253.
    const isFiltered = guest.kind.name !== 'debian12-v2'
    expect(said(found).filter((line) => line !== '6 to stderr' && !(line === '6 filtered' && !isFiltered))).toEqual(
      ofStdout,
    )
    expect(said(found)).toContain('6 to stderr')
    for (const entry of found)
      expect(entry).toMatchObject({
        SYSLOG_IDENTIFIER: `busybox/${all.name}`,
        CONTAINER_TAG: `busybox/${all.name}`,
        CONTAINER_NAME: all.name,
        CONTAINER_ID: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
        CONTAINER_ID_FULL: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        IMAGE_NAME: 'busybox',
        SHOP_TIER: 'front',
        STAGE: 'live',
        MARK: 'marked',
        _COMM: 'node',
        _SYSTEMD_UNIT: all.name,
      })
    expect(said(await entries(guest, plain))).toEqual(['5 <4>text'])
    expect(said(await entries(guest, terminal))).toEqual(['6 one', '6 two'])

    const counts = said(await entries(guest, counted))
    for (const output of ['out', 'err'])
      expect(counts.filter((line) => line.startsWith(`6 ${output}`)).join('\n')).toBe(
        Array.from({length: TIMES}, (_, index) => `6 ${output} ${String(index + 1)}`).join('\n'),
      )
    expect(counts).toHaveLength(2 * TIMES)
  })
})

describe.each(hostsNamed('debian-forky'))('a line with --logs=native that cannot be on $name', ({guest}) => {
  test('it is refused before anything is made, and says what to do', async () => {
    const bare = await installBare(guest)
    const [noKoffi, badTag] = await Promise.all([
      defineService(guest, '', {ExecStart: `${bare}/bin/run.cjs --logs=native run --name %n busybox true`}),
      defineService(guest, '--logs=native run --log-opt tag={{.Hostname}} --name %n busybox true'),
    ])
    for (const [service, why] of [
      [
        noKoffi,
        /option --logs=native is refused: koffi cannot be loaded: .*; install systemd-docker with npm, without --omit=optional, or set --logs=stream$/,
      ],
      [badTag, /invalid value "tag=\{\{\.Hostname\}\}" for --log-opt: --logs=native knows no \{\{\.Hostname\}\}, but /],
    ] as const) {
      expect((await service.start()).status).not.toBe(0)
      await service.says(why)
      expect((await guest.attempt(['docker', 'inspect', service.name])).status).toBe(1)
    }
  })
})
