// What it takes from a container's pipe to who reads its output, in units on a host: ours beside `docker run`.
import {mkdtemp, rm} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {build} from 'esbuild'
import {boot, type Guest} from '../../sandbox/guest.js'
import {HOST_KINDS} from '../../sandbox/hosts.js'
import {busybox} from '../../sandbox/images.js'
import {until} from '../../sandbox/until.js'
import {ROOT, bundleOptions} from '../../scripts/bundle.mjs'
import {workWith} from '../command-line.js'
import {NODE} from '../stopwatch.js'
import {PROGRAM} from '../units.js'
import {compete, type Contestant, type Counts, type Figures} from './figures.js'
import {LINE_BYTES} from './frames.js'
import {LAST_LINE, type UnitMeasures, type Watched} from './watched.js'

const UNIT = 'bench-logs.service'
/** What containers read their lines from, and where they see it. */
const LINES = '/run/bench-logs'
const IN_CONTAINER = '/bench'
const GO = `${LINES}/go`
const SAY = 'say'
/** Says the lines of so many bytes, so many times, once it may, and stays. */
const SCRIPT = `
  until [ -e ${IN_CONTAINER}/go ]; do sleep 0.05; done
  i=0; while [ $i -lt $2 ]; do cat ${IN_CONTAINER}/$1; i=$((i+1)); done
  echo ${LAST_LINE}
  exec sleep 100000`
const FILE_BYTES = 10e6
const PATIENCE_MS = 1_000_000
const START_MS = 60_000

type Lines = keyof typeof LINE_BYTES
type Sink = 'the journal' | 'a pipe' | '/dev/null'

/** One way from a container to who reads. */
interface Way {
  readonly client: Client
  readonly lines: Lines
  readonly sink: Sink
  readonly megabytes: number
}

const DOCKER_RUN = 'docker run'
export const OURS = 'systemd-docker'
const EVERYWHERE: readonly Sink[] = ['the journal', 'a pipe', '/dev/null']

/** Who takes a container's output. */
export interface Client {
  readonly name: string
  /** What stands behind ExecStart= before docker run's options. */
  readonly words: string
  readonly sinks: readonly Sink[]
  readonly by?: 'podman'
}

/** Those that there are on every host. */
export const CLIENTS: readonly Client[] = [
  {name: DOCKER_RUN, words: '/usr/bin/docker run', sinks: EVERYWHERE},
  {name: OURS, words: `${PROGRAM} run`, sinks: EVERYWHERE},
  {name: '--logs=journal', words: `${PROGRAM} --logs=journal run`, sinks: ['the journal']},
  {name: '--logs=native', words: `${PROGRAM} --logs=native run`, sinks: ['the journal']},
]
const CONMON = '/usr/bin/podman run --detach --sdnotify=conmon --cgroups=split --pids-limit=0'
/** What quadlet runs: its conmon is the unit's main process and writes to the journal, or the container does. */
export const CLIENTS_OF_PODMAN: readonly Client[] = [
  {name: 'podman, journald', words: `${CONMON} --log-driver=journald`, sinks: ['the journal'], by: 'podman'},
  {name: 'podman, passthrough', words: `${CONMON} --log-driver=passthrough`, sinks: ['the journal'], by: 'podman'},
]

/** Who is on the way of the output beside the unit's own process. */
const ENGINE = {dockerd: 'docker.service', journald: 'systemd-journald.service'}

async function mainPid(guest: Guest, unit: string): Promise<number> {
  return Number(await guest.run('systemctl', 'show', '--value', '--property=MainPID', unit))
}

/** Who started the one container that runs, and has its pipes: its containerd-shim or conmon. */
async function shimPid(guest: Guest, by: 'docker' | 'podman'): Promise<number> {
  const pid = await until(START_MS, async () => {
    const {stdout} = await guest.attempt([by, 'inspect', '--format={{.State.Pid}}', UNIT])
    return /^[1-9]/.test(stdout) ? stdout.trim() : undefined
  })
  return Number(/^PPid:\s*(\d+)$/m.exec(await guest.run('cat', `/proc/${pid}/status`))?.[1])
}

/** Runs a unit whose container says so much. */
async function take(guest: Guest, reader: string, {client, lines, sink, megabytes}: Way): Promise<Figures> {
  const times = Math.ceil((megabytes * 1e6) / bytesOf(lines))
  const {words, by = 'docker'} = client
  const run = `${words} --rm --name=${UNIT} --network=none -v=${LINES}:${IN_CONTAINER}:ro busybox sh ${IN_CONTAINER}/${SAY} ${String(LINE_BYTES[lines])} ${String(times)}`
  await guest.write(
    `/run/systemd/system/${UNIT}`,
    [
      '[Unit]',
      'StartLimitIntervalSec=0',
      '[Service]',
      by === 'podman' ? 'Type=notify\nNotifyAccess=all\nDelegate=yes' : 'Type=exec',
      `StandardOutput=${sink === '/dev/null' ? 'null' : 'journal'}`,
      'LogRateLimitIntervalSec=0',
      `ExecStart=${sink === 'a pipe' ? `/bin/bash -c 'exec ${run} > >(exec cat >/dev/null)'` : run}`,
      '',
    ].join('\n'),
  )
  await guest.run('systemctl', 'daemon-reload')
  if ((await guest.attempt(['systemctl', 'start', UNIT])).status !== 0)
    throw new Error(`${words}: ${await guest.run('journalctl', `--unit=${UNIT}`, '--lines=5', '--output=cat')}`)
  try {
    const pids: Record<string, number> = {'the unit': await mainPid(guest, UNIT), shim: await shimPid(guest, by)}
    for (const [name, unit] of Object.entries(ENGINE)) pids[name] = await mainPid(guest, unit)
    const bytes = times * bytesOf(lines)
    const watched: Watched = {unit: UNIT, go: GO, bytes, pids, toJournal: sink === 'the journal'}
    const {status, stdout, stderr} = await guest.attempt([NODE, reader, JSON.stringify(watched)], {
      timeout: PATIENCE_MS,
    })
    if (status !== 0) throw new Error(`${UNIT}: ${stderr}`)
    return figuresOf(JSON.parse(stdout) as UnitMeasures, bytes)
  } finally {
    await guest.attempt([by, 'rm', '--force', UNIT])
    await guest.attempt(['systemctl', 'stop', UNIT])
    await guest.run('rm', '-f', GO)
  }
}

function figuresOf({seconds, cpuSeconds, peakMebibytes}: UnitMeasures, bytes: number): Figures {
  const perGigabyte = Object.entries(cpuSeconds).map(([name, cpu]) => [name, cpu / (bytes / 1e9)] as const)
  return {
    'MB/s': bytes / 1e6 / seconds,
    ...Object.fromEntries(perGigabyte.map(([name, cpu]) => [`CPU s per GB, ${name}`, cpu])),
    'CPU s per GB, all': perGigabyte.reduce((sum, [, cpu]) => sum + cpu, 0),
    'peak RSS of the unit, MiB': peakMebibytes,
  }
}

async function prepare(guest: Guest): Promise<void> {
  await guest.run('mkdir', '-p', LINES, '/run/systemd/journald.conf.d')
  // The Engine's own entries for a container would be dropped, too.
  await guest.write('/run/systemd/journald.conf.d/bench.conf', '[Journal]\nRateLimitIntervalSec=0\n')
  await guest.run('systemctl', 'restart', 'systemd-journald.service')
  await guest.write(`${LINES}/${SAY}`, SCRIPT)
  for (const lineBytes of Object.values(LINE_BYTES)) {
    const line = `${'x'.repeat(lineBytes - 1)}\n`
    await guest.write(`${LINES}/${String(lineBytes)}`, line.repeat(Math.floor(FILE_BYTES / lineBytes)))
  }
}

function bytesOf(lines: Lines): number {
  return Math.floor(FILE_BYTES / LINE_BYTES[lines]) * LINE_BYTES[lines]
}

/** What these clients are to be measured in. */
export function contestants(
  guest: Guest,
  reader: string,
  clients: readonly Client[],
  {megabytes, 'journal-megabytes': toJournal}: Omit<Counts, 'pairs'>,
): Contestant[] {
  return (Object.keys(LINE_BYTES) as Lines[]).flatMap((lines) =>
    clients.flatMap((client) =>
      client.sinks.map((sink) => ({
        name: `${lines} to ${sink}, ${client.name}`,
        comparedWith: `${lines} to ${sink}, ${DOCKER_RUN}`,
        measure: () =>
          take(guest, reader, {client, lines, sink, megabytes: sink === 'the journal' ? toJournal : megabytes}),
      })),
    ),
  )
}

/** Lets `work` measure units on a host, which it is told where the reader of their output is. */
export async function withReader<Answer>(guest: Guest, work: (reader: string) => Promise<Answer>): Promise<Answer> {
  return await workWith(
    () => mkdtemp(join(ROOT, 'node_modules', '.bench-logs-')),
    (directory) => rm(directory, {recursive: true}),
    async (directory) => {
      await build(bundleOptions({'unit-output': 'bench/readers/unit-output.ts'}, directory))
      await prepare(guest)
      return await work(`/opt/systemd-docker/node_modules/${basename(directory)}/unit-output.cjs`)
    },
  )
}

/** Measures all of them in turn, so many times, and returns what came of it as tables. */
export async function units(counts: Counts): Promise<string> {
  const {megabytes, 'journal-megabytes': toJournal, pairs} = counts
  const kind = HOST_KINDS.find(({name}) => name === 'debian13-v2')
  if (kind === undefined) throw new Error('there is no host debian13-v2')
  return await workWith(
    async () => await boot(kind, [await busybox()], 'disk'),
    (host) => host.shutDown(),
    async ({guest}) => {
      const tables = await withReader(
        guest,
        async (reader) => await compete(contestants(guest, reader, CLIENTS, counts), pairs),
      )
      const engine = await guest.run('docker', 'version', '--format', '{{.Server.Version}}')
      const node = await guest.run(NODE, '--version')
      return `In units on ${kind.name}: Engine ${engine}, Node ${node.slice(1)}; ${String(megabytes)} MB, ${String(toJournal)} MB to the journal, ${String(pairs)} pairs\n\n${tables}`
    },
  )
}
