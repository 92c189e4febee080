import {describe, expect, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {hostsNamed} from '../support/host/hosts.js'
import {HARDENED, type Settings} from '../support/service/hardening.js'
import {placeOf, warningsOf, type Place} from '../support/service/placed.js'
import {containers, defineService, type Service} from '../support/service/service.js'

/** Without the addon, a `PATH` to systemd's programs, and the capability to send in the name of another process. */
const PROGRAM_ALONE: Settings = {
  CapabilityBoundingSet: '',
  InaccessiblePaths: '/opt/systemd-docker/node_modules/sd-notify',
  Environment: 'PATH=/usr/local/bin',
}

/** What a setting leaves, and what it is warned of. */
interface Seen {
  readonly place: Place
  readonly warnings: readonly string[]
}

const LINE = 'run --rm --name %n --init busybox sleep 1000'
const OTHER_USER = {User: 'games', SupplementaryGroups: 'docker'}
const STAYS = "the container stays in Docker's cgroup, where the unit's limits do not apply"
const ELSEWHERE =
  /^the PIDs of the Engine at .* are not this host's, as with .* ProtectProc= without root, or PrivatePIDs=: /

/** Starts a unit for each of these settings, and stops them, which must leave nothing. */
async function seenOf(guest: Guest, units: Readonly<Record<string, Settings>>): Promise<Record<string, Seen>> {
  const services: Service[] = []
  const seen: Record<string, Seen> = {}
  // One after the other: systemd 257 has failed to make the namespaces of several at once.
  for (const [what, settings] of Object.entries(units)) {
    const service = await defineService(guest, LINE, {KillMode: 'mixed', ...settings})
    expect((await service.start()).status, `${what}: ${(await service.journal()).join('\n')}`).toBe(0)
    seen[what] = {place: await placeOf(guest, service), warnings: await warningsOf(guest, service)}
    services.push(service)
  }
  await Promise.all(services.map((service) => service.stop()))
  for (const service of services) {
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
  }
  return seen
}

/** A row of the tables below: each warning has these words, and there is no other. */
function left(place: Place, ...warnings: readonly (string | RegExp)[]): Seen {
  return {
    place,
    warnings: warnings.map(
      (one) => (typeof one === 'string' ? expect.stringContaining(one) : expect.stringMatching(one)) as string,
    ),
  }
}

describe.each(hostsNamed('debian13-v2', 'debian-forky'))('a hardened unit on $name, which is set up', ({guest}) => {
  test('a hardened unit has its container born in it, and one warning names the setting that stands in the way and what to set', async () => {
    const readOnly = `the unit's ReadOnlyPaths= or ProtectSystem= makes /run/systemd-docker read-only (set RuntimeDirectory=systemd-docker and RuntimeDirectoryPreserve=yes in the unit)`
    const noRoot = `${STAYS}: only root can move it (leave User= and DynamicUser= out of the unit, or say --cgroups none); it was not born in the unit because only root can place containers through the shim`
    expect(
      await seenOf(guest, {
        'all that it bears': HARDENED,
        'ProtectSystem=': {ProtectSystem: 'strict'},
        'ProtectControlGroups=': {ProtectControlGroups: 'yes'},
        'ReadOnlyPaths=': {ReadOnlyPaths: '/'},
        'InaccessiblePaths=': {InaccessiblePaths: '/sys/fs/cgroup'},
        'User=': OTHER_USER,
        'User= and ProtectProc=': {...OTHER_USER, ProtectProc: 'invisible'},
        'DynamicUser=': {DynamicUser: 'yes', SupplementaryGroups: 'docker'},
        'nothing but a program to notify with': PROGRAM_ALONE,
      }),
    ).toEqual({
      'all that it bears': left('born in the unit'),
      'ProtectSystem=': left('moved to the unit', readOnly),
      'ProtectControlGroups=': left('born in the unit'),
      'ReadOnlyPaths=': left('outside', `${STAYS}: ProtectControlGroups= in `),
      'InaccessiblePaths=': left('outside', `${STAYS}: this process sees no cgroup hierarchy, as with Inaccessible`),
      'User=': left('outside', noRoot),
      'User= and ProtectProc=': left('outside', ELSEWHERE),
      'DynamicUser=': left('outside', noRoot),
      'nothing but a program to notify with': left('born in the unit'),
    })
  })
})

describe.each(hostsNamed('debian12-v2'))('a hardened unit on $name, whose systemd and Docker are old', ({guest}) => {
  test('a hardened unit of an old systemd has its container born in it, without a warning', async () => {
    expect(
      await seenOf(guest, {'all that it bears': HARDENED, 'nothing but a program to notify with': PROGRAM_ALONE}),
    ).toEqual({
      'all that it bears': left('born in the unit'),
      'nothing but a program to notify with': left('born in the unit'),
    })
  })
})

describe.each(hostsNamed('debian13-v2', 'debian-forky'))('a unit with namespaces of its own on $name', ({guest}) => {
  test('a unit with namespaces of its own for PIDs or cgroups starts, and a warning names the setting', async () => {
    const units: Readonly<Record<string, Settings>> = {
      'PrivatePIDs=': {PrivatePIDs: 'yes'},
      'ProtectControlGroups=': {ProtectControlGroups: 'private'},
    }
    const seen: Record<string, Seen> = {}
    for (const [what, settings] of Object.entries(units)) {
      const service = await defineService(guest, LINE, settings)
      expect((await service.start()).status, `${what}: ${(await service.journal()).join('\n')}`).toBe(0)
      seen[what] = {place: await placeOf(guest, service), warnings: await warningsOf(guest, service)}
    }
    expect(seen).toEqual({
      'PrivatePIDs=': left(
        'born in the unit',
        new RegExp(`${ELSEWHERE.source}.*; leave PrivatePIDs= out of the unit$`),
      ),
      'ProtectControlGroups=': left(
        'outside',
        `${STAYS}: ProtectControlGroups=private or strict hides the unit's cgroup from this process (set ProtectControlGroups=yes)`,
      ),
    })
  })
})

describe.each(hostsNamed('debian13-v2-bare'))('a hardened unit on $name, which is not set up', ({guest}) => {
  test('a hardened unit has its container moved to it, and one warning names the setting that stands in the way and what to set', async () => {
    expect(
      await seenOf(guest, {
        'all that it bears': HARDENED,
        'ProtectSystem=': {ProtectSystem: 'strict'},
        'ProtectControlGroups=': {ProtectControlGroups: 'yes'},
        'several at once': {
          ProtectSystem: 'strict',
          ProtectControlGroups: 'yes',
          NoNewPrivileges: 'yes',
          PrivateTmp: 'yes',
          CapabilityBoundingSet: '',
        },
        'User=': OTHER_USER,
      }),
    ).toEqual({
      'all that it bears': left('moved to the unit'),
      'ProtectSystem=': left('moved to the unit'),
      'ProtectControlGroups=': left('outside', `${STAYS}: ProtectControlGroups= in `),
      'several at once': left('outside', `${STAYS}: ProtectControlGroups= in `),
      'User=': left('outside', `${STAYS}: only root can move it (leave User= and DynamicUser= out of the unit`),
    })
  })

  test("a unit that keeps systemd-docker from writing to /run is told what stays there of its container's devices", async () => {
    const service = await defineService(guest, LINE, {ProtectSystem: 'strict'})
    await service.start()
    await service.stop()
    await service.says(
      `/run/systemd/system.control/${service.name}.d/50-DeviceAllow.conf takes back any DeviceAllow= of the unit's file until the next boot: ProtectSystem= in ${service.name}, or ReadOnlyPaths=, keeps systemd-docker from emptying it`,
    )
    const sets = await guest.run('cat', `/run/systemd/system.control/${service.name}.d/50-DeviceAllow.conf`)
    expect(sets.split('\n').filter((line) => line.startsWith('DeviceAllow='))).toEqual(['DeviceAllow='])
  })
})

describe.each(hostsNamed('debian13-v2'))('a unit that systemd-docker cannot start in, on $name', ({guest}) => {
  test('a unit without AF_UNIX is told that it needs that, and leaves nothing', async () => {
    const service = await defineService(guest, LINE, {RestrictAddressFamilies: 'none'})
    await service.start()
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '125'})
    await service.says(/^cannot reach the Docker Engine at .*; the unit's RestrictAddressFamilies= must have AF_UNIX$/)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test.each<[string, string, Settings]>([
    ['SIGSYS without @pkey', '31', {SystemCallFilter: '@system-service'}],
    ['SIGTRAP where it may not compile', '5', {MemoryDenyWriteExecute: 'yes'}],
  ])('a unit ends before anything is created as Node ends with %s', async (_, ExecMainStatus, settings) => {
    const service = await defineService(guest, LINE, {...settings, LimitCORE: '0'})
    await service.start()
    await service.reaches({ActiveState: 'failed', Result: 'signal', ExecMainStatus})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a unit whose PATH does not lead to Node says so', async () => {
    const service = await defineService(guest, LINE, {Environment: 'PATH=/opt/app/bin'})
    await service.start()
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '127'})
    await service.says(/^env: .node.: No such file or directory$/)
  })

  test('a unit of another user is told why its container cannot be handed over, and leaves nothing', async () => {
    const service = await defineService(guest, `--handover ${LINE}`, {
      ...OTHER_USER,
      ExecStop: '/usr/bin/docker stop %n',
      ExecStopPost: '/opt/bin/systemd-docker finish %n',
    })
    await service.start()
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '125'})
    await service.says(
      /^--handover is refused: .* see its end: only root can move it \(leave User= and DynamicUser= out/,
    )
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })
})
