// How long a unit takes to be active with us, beside one in which `docker run` starts the same container.
import {boot, type Guest} from '../sandbox/guest.js'
import {HOST_KINDS} from '../sandbox/hosts.js'
import {busybox} from '../sandbox/images.js'
import {readCounts, workWith} from './command-line.js'
import {compete, type Contestant} from './contest.js'
import {NODE, time} from './stopwatch.js'
import {EXECUTABLE, PROGRAM, timeStart, writeUnit, type Beginning, type Service} from './units.js'

const DOCKER_RUN = 'docker run -d'
const DOCKER_UNIT = 'unit of Type=oneshot, docker run -d'
const BARE_NODE = 'node -e 0'
const CONTAINER = '--rm --name %n --network none busybox sleep 1000'
const LINE = `run ${CONTAINER}`
/** A container that says itself that it is ready. */
const READY_LINE =
  'run --rm --init --name %n --network none -v /:/host:ro busybox sh -c "chroot /host systemd-notify --ready; exec sleep 1000"'
const RAW = 'unit, --notify=raw, to the READY=1 of the container'

/** A unit that is started, and what its start is compared with. */
interface TimedUnit extends Service {
  readonly name: string
  readonly unit: string
  readonly words: string
  readonly comparedWith?: string
  readonly beginning?: Beginning
}

const UNITS: readonly TimedUnit[] = [
  {name: 'unit, ExecStart= to active', unit: 'bench-full.service', words: LINE},
  {name: 'the same, the executable', unit: 'bench-one-file.service', words: LINE, program: EXECUTABLE},
  {
    name: 'the same, from when it is executed',
    unit: 'bench-executed.service',
    words: LINE,
    program: EXECUTABLE,
    beginning: 'ExecMainHandoff',
    comparedWith: DOCKER_RUN,
  },
  {
    name: 'the executable, --logs=false --cgroups none',
    unit: 'bench-bare-one-file.service',
    words: `--logs=false --cgroups none ${LINE}`,
    program: EXECUTABLE,
  },
  {
    name: 'the same, --logs=false --cgroups none',
    unit: 'bench-bare.service',
    words: `--logs=false --cgroups none ${LINE}`,
  },
  {
    name: DOCKER_UNIT,
    unit: 'bench-docker.service',
    settings: ['Type=oneshot', 'RemainAfterExit=yes'],
    words: `run -d ${CONTAINER}`,
    program: '/usr/bin/docker',
    comparedWith: DOCKER_RUN,
  },
  {name: RAW, unit: 'bench-raw.service', words: `--notify=raw ${READY_LINE}`},
  {name: 'the same, --notify', unit: 'bench-relay.service', words: `--notify ${READY_LINE}`, comparedWith: RAW},
]
const CONTESTANTS: readonly Contestant[] = [
  ...UNITS.map(({name, unit, beginning, comparedWith = DOCKER_UNIT}) => ({
    name,
    comparedWith,
    measure: (guest: Guest) => timeStart(guest, unit, beginning),
  })),
  {name: DOCKER_RUN, measure: dockerRun},
  {name: BARE_NODE, measure: async (guest) => (await time(guest, NODE, '-e', '0')).milliseconds},
  {
    name: 'our program alone, --dry-run',
    comparedWith: BARE_NODE,
    measure: async (guest) => (await time(guest, NODE, PROGRAM, '--dry-run', 'run', 'busybox')).milliseconds,
  },
  {
    name: 'the executable alone, --dry-run',
    comparedWith: BARE_NODE,
    measure: async (guest) => (await time(guest, EXECUTABLE, '--dry-run', 'run', 'busybox')).milliseconds,
  },
]

async function dockerRun(guest: Guest): Promise<number> {
  const {milliseconds, said} = await time(guest, 'docker', 'run', '-d', '--network', 'none', 'busybox', 'sleep', '1000')
  await guest.run('docker', 'rm', '--force', said)
  return milliseconds
}

const {pairs} = readCounts({pairs: 15})
const [kind] = HOST_KINDS.filter(({name}) => name === 'debian13-v2')
if (kind === undefined) throw new Error('there is no host debian13-v2')
console.log(
  await workWith(
    async () => await boot(kind, [await busybox()], 'disk'),
    (host) => host.shutDown(),
    async ({guest}) => {
      for (const {unit, words, ...service} of UNITS) await writeUnit(guest, unit, words, service)
      return await compete('Start', CONTESTANTS, guest, pairs)
    },
  ),
)
