import {readFile} from 'node:fs/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {hostsNamed} from '../support/host/hosts.js'
import {codeRows} from '../support/markdown.js'
import {placeOf, warningsOf} from '../support/service/placed.js'
import {defineService, unique, type Service} from '../support/service/service.js'

type Settings = Readonly<Record<string, readonly string[]>>

const HOSTS = hostsNamed('debian-forky', 'debian13-v2')
const PAGE = await readFile(new URL('../../docs/units.md', import.meta.url), 'utf8')
const LINE = 'run --rm --name %n nginx'
/** What a cell says of lines that need no others. */
const UNCHANGED = 'as it is'
const ROWS = codeRows(PAGE).map(({headings, cells: [have = '', say = '']}) => ({heading: headings.at(-1), have, say}))
const HARDENED = ROWS.filter(({heading}) => heading === 'Hardened units')
const OTHERS = ROWS.filter(({heading}) => heading !== 'Hardened units')
const KEPT = OTHERS.filter(({say}) => say === UNCHANGED)
const CHANGED = OTHERS.filter(({say}) => say !== UNCHANGED)
const READINESS = await readFile(new URL('../../docs/readiness.md', import.meta.url), 'utf8')
const UNITS = [...`${PAGE}\n${READINESS}`.matchAll(/```ini\n\[Service\]\n([^`]*)```/g)].map(([, text = '']) => text)

/** Settings as they stand in a unit's file, by their names. */
function settingsIn(lines: readonly string[]): Settings {
  const settings: Record<string, string[]> = {}
  for (const line of lines) {
    const at = line.indexOf('=')
    if (at > 0) (settings[line.slice(0, at)] ??= []).push(line.slice(at + 1))
  }
  return settings
}

/** The settings that a cell of a table has as code. */
function settingsOf(cell: string): Settings {
  return settingsIn([...cell.matchAll(/`([A-Z]\w+=[^`]*)`/g)].map(([, line = '']) => line))
}

/** Commands replace those of before; what else is set twice is for systemd to add up. */
function withMore(settings: Settings, more: Settings): Settings {
  const merged = Object.entries(more).map(([name, values]) => [
    name,
    name.startsWith('Exec') ? values : [...(settings[name] ?? []), ...values],
  ])
  return {...settings, ...(Object.fromEntries(merged) as Settings)}
}

/** The two words exchanged. */
function exchanged(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([name, values]) => [
      name,
      values.map((value) =>
        value.replace(/[\w/]*\bdocker (?=(?:-\S+ (?:\S+ )?)?(?:container )?run )/, '/opt/bin/systemd-docker '),
      ),
    ]),
  )
}

/** Starts and stops a unit, which must come to what its type says, and leave no container that runs. */
async function runs(guest: Guest, settings: Settings, look?: (service: Service) => Promise<void>): Promise<void> {
  const service = await defineService(guest, LINE, {KillMode: 'mixed', ...settings})
  const {status} = await service.start()
  expect(status, (await service.journal()).join('\n')).toBe(0)
  const isOver = settings['Type']?.at(-1) === 'oneshot' && settings['RemainAfterExit'] === undefined
  expect(await service.show('ActiveState')).toEqual({ActiveState: isOver ? 'inactive' : 'active'})
  await look?.(service)
  await service.stop()
  expect(await service.show('ActiveState', 'Result'), (await service.journal()).join('\n')).toEqual({
    ActiveState: 'inactive',
    Result: 'success',
  })
  // The Engine sees a little later what systemd has ended.
  await until(20_000, async () =>
    (await guest.run('docker', 'ps', '--quiet', '--filter', `name=${service.name}`)) === '' ? true : undefined,
  )
}

describe.each(HOSTS)('docs/units.md on $name', ({guest}) => {
  test.each(HARDENED.map(({have, say}) => [have, say]))(
    'a unit with %s has its container born in it, without a warning, once it has %s',
    async (have, say) => {
      await runs(guest, withMore(settingsOf(have), settingsOf(say)), async (service) => {
        expect(await placeOf(guest, service)).toBe('born in the unit')
        expect(await warningsOf(guest, service)).toEqual([])
      })
    },
  )

  test.each(CHANGED.map(({have, say}) => [have, say]))('a unit that had %s runs with %s', async (have, say) => {
    await runs(guest, withMore(exchanged(settingsOf(have)), settingsOf(say)))
  })

  test.each(KEPT.map(({have}) => [have]))('a unit with %s runs once two words are exchanged', async (have) => {
    await runs(guest, exchanged(settingsOf(have)))
  })

  test.each(UNITS.map((text) => [text]))('the unit %j starts and stops', async (text) => {
    await runs(guest, settingsIn(text.split('\n')))
  })

  test('the page has rows of every kind, and units', () => {
    for (const found of [HARDENED, CHANGED, KEPT, UNITS]) expect(found.length).toBeGreaterThan(1)
  })
})

describe.each(hostsNamed('debian-forky'))('docs/units.md on $name', ({guest}) => {
  test('units of a slice that starts one at a time start all of them', async () => {
    const slice = `${unique()}.slice`
    const [, text = ''] = /```ini\n(\[Slice\]\n[^`]*)```/.exec(PAGE) ?? []
    const [limit = ''] = PAGE.match(/StartLimitIntervalSec=0/) ?? []
    await guest.write(`/run/systemd/system/${slice}`, text.replace(/=\d+/, '=1'))
    const services = await Promise.all(
      [1, 2, 3].map(() => defineService(guest, 'run --rm --init --name %n busybox sleep 1000', {Slice: slice})),
    )
    for (const {name} of services) {
      await guest.run('mkdir', `/run/systemd/system/${name}.d`)
      await guest.write(`/run/systemd/system/${name}.d/limit.conf`, `[Unit]\n${limit}\n`)
      onTestFinished(async () => {
        await guest.run('rm', '-r', `/run/systemd/system/${name}.d`)
      })
    }
    onTestFinished(async () => {
      await guest.attempt(['systemctl', 'stop', slice])
      await guest.run('rm', `/run/systemd/system/${slice}`)
    })
    await guest.run('systemctl', 'start', ...services.map(({name}) => name))
    const begins = await Promise.all(
      services.map(async (service) => {
        const {InactiveExitTimestampMonotonic: begun, ActiveEnterTimestampMonotonic: active} = await service.show(
          'InactiveExitTimestampMonotonic',
          'ActiveEnterTimestampMonotonic',
        )
        return {begun: Number(begun), active: Number(active)}
      }),
    )
    const [first, second, third] = begins.toSorted((one, other) => one.begun - other.begun)
    expect(second?.begun).toBeGreaterThanOrEqual(first?.active ?? Infinity)
    expect(third?.begun).toBeGreaterThanOrEqual(second?.active ?? Infinity)
  })
})
