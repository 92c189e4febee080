import {dirname} from 'node:path'
import type {Guest} from '../sandbox/guest.js'
import {NODE} from './stopwatch.js'
import {EXECUTABLE, PROGRAM} from './units.js'

/**
 * Copies of what stays in units, as other processes of this machine would bear a share of the memory of its own
 * programs.
 */
const COPIES = '/opt/bench'
const PATIENTLY = {timeout: 300_000}
const IMAGE = 'busybox'
/** Its overlays cannot lie on the overlay that the host's root file system is; containerd's directory is on none. */
const PODMAN_STORAGE = `[storage]
driver = "overlay"
graphroot = "/var/lib/containerd/of-podman"
runroot = "/run/containers/storage"
`
/** Where the containers make a file each when they run. */
const MARKS = '/run/bench-marks'
const COMMAND = `sh -c "echo >/marks/%p-%i; exec sleep 100000"`

/** A kind of unit, of which there can be many. */
export interface Template {
  readonly name: string
  /** What its units are called before the `@`, and its containers before the `-`. */
  readonly template: string
  /** Where what defines its units is, and what it says. */
  readonly path: string
  readonly lines: readonly string[]
}

/** A way to have a container as a unit. */
export interface Peer extends Template {
  /** The client of whoever runs its containers. */
  readonly client: 'docker' | 'podman'
}

const RUN = `run --rm --name %p-%i --network none --volume ${MARKS}:/marks ${IMAGE} ${COMMAND}`
const NOTIFY = ['Type=notify', 'NotifyAccess=all']

function service(name: string, template: string, lines: readonly string[]): Template {
  const path = `/run/systemd/system/${template}@.service`
  const environment = `Environment=PATH=${COPIES}:/usr/bin:/bin`
  // Each time that a slice holds a unit back counts as a start of it (systemd 262).
  const unit = ['[Unit]', 'StartLimitIntervalSec=0']
  return {name, template, path, lines: [...unit, '[Service]', environment, 'TimeoutStartSec=infinity', ...lines]}
}

function ofDocker(...definition: Parameters<typeof service>): Peer {
  return {...service(...definition), client: 'docker'}
}

/** What does nothing in its unit, without a container. */
export function idle(name: string, template: string, program: string): Template {
  return service(name, template, [`ExecStart=${COPIES}/${program} -e 'setInterval(() => {}, 1e9)'`])
}

const OURS = [...NOTIFY, `ExecStart=${COPIES}/systemd-docker ${RUN}`]

const RESIDENT = ofDocker('systemd-docker', 'bench-resident', OURS)
export const FROM_NPM = ofDocker('systemd-docker, from npm', 'bench-npm', [
  ...NOTIFY,
  `ExecStart=${COPIES}/node ${PROGRAM} ${RUN}`,
])
const HANDED_OVER = ofDocker('systemd-docker --handover', 'bench-handover', [
  ...NOTIFY,
  `ExecStart=${COPIES}/systemd-docker --handover ${RUN}`,
  'ExecStop=/usr/bin/docker stop %p-%i',
  `ExecStopPost=${COPIES}/systemd-docker finish %p-%i`,
])
export const DOCKER_RUN = ofDocker('docker run', 'bench-docker', [`ExecStart=${COPIES}/docker ${RUN}`])
const QUADLET: Peer = {
  name: 'podman, quadlet',
  template: 'bench-quadlet',
  path: '/etc/containers/systemd/bench-quadlet@.container',
  lines: [
    '[Container]',
    `Image=localhost/${IMAGE}:latest`,
    'ContainerName=%p-%i',
    'Network=none',
    // As docker has it; the host has no controller for another.
    'PidsLimit=0',
    `Volume=${MARKS}:/marks`,
    `Exec=${COMMAND}`,
    '[Service]',
    'TimeoutStartSec=infinity',
  ],
  client: 'podman',
}

/** All of them, ours first. */
export const PEERS: readonly Peer[] = [RESIDENT, HANDED_OVER, DOCKER_RUN, QUADLET]

/** The unit of one of its containers. */
export function unitOf({template}: Template, instance: number): string {
  return `${template}@${String(instance)}.service`
}

/** When such a container's own command ran first, in milliseconds since 1970; nothing before that. */
export async function ranAt(guest: Guest, {template}: Peer, instance: number): Promise<number | undefined> {
  const mark = `${MARKS}/${template}-${String(instance)}`
  const {status, stdout} = await guest.attempt(['stat', '--format=%.6Y', mark])
  return status === 0 ? Number(stdout) * 1000 : undefined
}

/** What the containers have made when they ran is no longer there. */
export async function forget(guest: Guest): Promise<void> {
  await guest.run('sh', '-c', `rm -f ${MARKS}/*`)
}

/** What {@link RESIDENT} is, in a slice. */
export function residentIn(slice: string, name: string): Peer {
  return ofDocker(name, `bench-in-${slice.replace('.slice', '')}`, [...OURS, `Slice=${slice}`])
}

/**
 * Copies what stays in units on a host that has podman, and gives podman the image.
 *
 * @param ownNode the Node that is in the executable, as the host sees it
 */
export async function prepare(guest: Guest, ownNode: string): Promise<void> {
  await guest.run('mkdir', COPIES, MARKS)
  await guest.run('cp', '/usr/bin/docker', NODE, COPIES)
  await guest.run('cp', EXECUTABLE, `${COPIES}/systemd-docker`)
  await guest.run('cp', ownNode, `${COPIES}/own-node`)
  await guest.run('mkdir', '-p', '/etc/containers')
  await guest.write('/etc/containers/storage.conf', PODMAN_STORAGE)
  await guest.run(
    'sh',
    '-c',
    `docker save ${IMAGE} | podman load --quiet && podman tag docker.io/library/${IMAGE} localhost/${IMAGE}`,
  )
}

/** Defines the units of these peers. */
export async function definePeers(guest: Guest, peers: readonly Template[]): Promise<void> {
  for (const {path, lines} of peers) {
    await guest.run('mkdir', '-p', dirname(path))
    await guest.write(path, [...lines, ''].join('\n'))
  }
  await guest.run('systemctl', 'daemon-reload')
}

/** How many of a peer's containers run. */
export async function running(guest: Guest, {client, template}: Peer): Promise<number> {
  const ids = await guest.run(client, 'ps', '--quiet', `--filter=name=${template}-`)
  return ids.split('\n').filter((id) => id !== '').length
}

/** Kills its containers, as a `sleep` does not end on SIGTERM. */
export async function killAll(guest: Guest, {client, template}: Peer): Promise<void> {
  const kill = `${client} ps --quiet --filter=name=${template}- | xargs -r ${client} kill`
  await guest.attempt(['sh', '-c', kill], PATIENTLY)
}

/** Ends its units, whose containers were killed. */
export async function endAll(guest: Guest, {template}: Template): Promise<void> {
  await guest.attempt(['systemctl', 'stop', `${template}@*.service`], PATIENTLY)
  await guest.attempt(['systemctl', 'reset-failed', `${template}@*.service`])
}
