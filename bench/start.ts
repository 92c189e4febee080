// How long a unit takes to be active with us, beside what it takes `docker run` to start the same container.
import {boot, type Guest} from '../sandbox/guest.js'
import {HOST_KINDS} from '../sandbox/hosts.js'
import {busybox} from '../sandbox/images.js'
import {readCounts, workWith} from './command-line.js'
import {orderOf, spreadCells, spreadOf, table, type Spread} from './statistics.js'

const NODE = '/usr/local/bin/node'
const PROGRAM = '/opt/systemd-docker/bin/run.cjs'

/** Runs in the host, so that the way into it is not measured: the time that a command takes, in milliseconds, and what it said. */
const STOPWATCH = `
  const {spawnSync} = require('node:child_process')
  const [program, ...words] = process.argv.slice(1)
  const begun = process.hrtime.bigint()
  const {status, stdout, stderr} = spawnSync(program, words, {stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8'})
  const milliseconds = Number(process.hrtime.bigint() - begun) / 1e6
  if (status !== 0) throw new Error(program + ' ended with ' + status + ': ' + stderr)
  console.log(JSON.stringify({milliseconds, said: stdout.trim()}))`

/** One thing to be measured, in milliseconds, and the name of the one it is compared with. */
interface Contestant {
  readonly name: string
  readonly comparedWith?: string
  readonly measure: (guest: Guest) => Promise<number>
}

const DOCKER_RUN = 'docker run -d'
const BARE_NODE = 'node -e 0'
const UNITS = [
  {name: 'unit, ExecStart= to active', unit: 'bench-full.service', options: ''},
  {name: 'the same, --logs=false --cgroups none', unit: 'bench-bare.service', options: '--logs=false --cgroups none'},
]
const CONTESTANTS: readonly Contestant[] = [
  ...UNITS.map(({name, unit}) => ({
    name,
    comparedWith: DOCKER_RUN,
    measure: (guest: Guest) => startUnit(guest, unit),
  })),
  {name: DOCKER_RUN, measure: dockerRun},
  {name: BARE_NODE, measure: async (guest) => (await time(guest, NODE, '-e', '0')).milliseconds},
  {
    name: 'our program alone, --dry-run',
    comparedWith: BARE_NODE,
    measure: async (guest) => (await time(guest, NODE, PROGRAM, '--dry-run', 'run', 'busybox')).milliseconds,
  },
]

async function time(guest: Guest, ...command: string[]): Promise<{milliseconds: number; said: string}> {
  return JSON.parse(await guest.run(NODE, '-e', STOPWATCH, '--', ...command)) as {milliseconds: number; said: string}
}

/** Starts a unit, and removes its container by force: its `sleep` does not end on SIGTERM. */
async function startUnit(guest: Guest, unit: string): Promise<number> {
  await guest.run('systemctl', 'start', unit)
  const begun = await microseconds(guest, unit, 'ExecMainStartTimestampMonotonic')
  const active = await microseconds(guest, unit, 'ActiveEnterTimestampMonotonic')
  await guest.run('docker', 'rm', '--force', unit)
  await guest.run('systemctl', 'stop', unit)
  if (active <= begun) throw new Error(`${unit} was not active`)
  return (active - begun) / 1000
}

async function microseconds(guest: Guest, unit: string, property: string): Promise<number> {
  return Number(await guest.run('systemctl', 'show', '--value', `--property=${property}`, unit))
}

async function dockerRun(guest: Guest): Promise<number> {
  const {milliseconds, said} = await time(guest, 'docker', 'run', '-d', '--network', 'none', 'busybox', 'sleep', '1000')
  await guest.run('docker', 'rm', '--force', said)
  return milliseconds
}

async function writeUnits(guest: Guest): Promise<void> {
  for (const {unit, options} of UNITS)
    await guest.write(
      `/run/systemd/system/${unit}`,
      `[Unit]
StartLimitIntervalSec=0
[Service]
Type=notify
NotifyAccess=all
ExecStart=${PROGRAM} ${options} run --rm --name %n --network none busybox sleep 1000
SuccessExitStatus=137
`,
    )
  await guest.run('systemctl', 'daemon-reload')
}

async function compete(guest: Guest, pairs: number): Promise<string> {
  await writeUnits(guest)
  const measured = new Map<string, number[]>(CONTESTANTS.map(({name}) => [name, []]))
  for (const {measure} of CONTESTANTS) await measure(guest)
  for (let pair = 0; pair < pairs; pair++)
    for (const {name, measure} of orderOf(CONTESTANTS, pair)) measured.get(name)?.push(await measure(guest))
  const spreads = new Map([...measured].map(([name, values]) => [name, spreadOf(values)]))
  return `${await heading(guest, pairs)}\n\n${report(spreads)}`
}

async function heading(guest: Guest, pairs: number): Promise<string> {
  const engine = await guest.run('docker', 'version', '--format', '{{.Server.Version}}')
  const [, systemd = ''] = (await guest.run('systemctl', '--version')).split(' ')
  const node = await guest.run(NODE, '--version')
  return `Start on ${guest.kind.name}: Engine ${engine}, systemd ${systemd}, Node ${node.slice(1)}; ${String(pairs)} pairs after one to warm up; ms`
}

function report(spreads: ReadonlyMap<string, Spread>): string {
  const rows = CONTESTANTS.flatMap(({name, comparedWith = ''}) => {
    const own = spreads.get(name)
    return own === undefined
      ? []
      : [[name, ...spreadCells(own, 1), ...comparison(own, spreads.get(comparedWith)), comparedWith]]
  })
  return table([['', 'min', 'median', 'max', 'ratio', 'difference', 'of medians, with'], ...rows])
}

function comparison(own: Spread, other: Spread | undefined): string[] {
  if (other === undefined) return ['', '']
  const difference = own.median - other.median
  return [(own.median / other.median).toFixed(2), `${difference < 0 ? '' : '+'}${difference.toFixed(1)}`]
}

const {pairs} = readCounts({pairs: 15})
const [kind] = HOST_KINDS.filter(({name}) => name === 'debian13-v2')
if (kind === undefined) throw new Error('there is no host debian13-v2')
console.log(
  await workWith(
    async () => await boot(kind, [await busybox()]),
    (host) => host.shutDown(),
    ({guest}) => compete(guest, pairs),
  ),
)
