import type {Guest} from '../../../sandbox/guest.js'
import type {Service} from './service.js'

/** Where a container is as systemd sees it: in a cgroup of its own in the unit, in the unit's itself, or outside. */
export type Place = 'born in the unit' | 'moved to the unit' | 'outside'

/** Where the container of a service is, on a host with cgroup v2. */
export async function placeOf(guest: Guest, service: Service): Promise<Place> {
  const cgroup = await guest.run('cat', `/proc/${await service.inspect('{{.State.Pid}}')}/cgroup`)
  if (cgroup.endsWith(`/${service.name}`)) return 'moved to the unit'
  return cgroup.includes(`/${service.name}/`) ? 'born in the unit' : 'outside'
}

/** What systemd-docker has said in a service that the journal takes for a warning or worse. */
export async function warningsOf(guest: Guest, {name}: Pick<Service, 'name'>): Promise<string[]> {
  await guest.run('journalctl', '--sync')
  const {stdout} = await guest.attempt([
    ...['journalctl', '--output=cat', '--no-pager', '--priority=warning'],
    `_SYSTEMD_UNIT=${name}`,
    'SYSLOG_IDENTIFIER=systemd-docker',
  ])
  return stdout.split('\n').filter((line) => line !== '' && line !== '-- No entries --')
}
