// What it costs that a container is born in its unit, or moved there, beside where Docker puts it by itself.
import {boot, type Guest} from '../sandbox/guest.js'
import {HOST_KINDS} from '../sandbox/hosts.js'
import {busybox} from '../sandbox/images.js'
import {readCounts, workWith} from './command-line.js'
import {compete, type Contestant} from './contest.js'
import {timeStart, writeUnit} from './units.js'

const PROCESSES = 1000
const RUN = 'run --rm --name %n --network none'
const SLEEP = 'busybox sleep 1000'
const UNITS = {
  born: {unit: 'bench-born.service', line: `${RUN} ${SLEEP}`},
  dockers: {unit: 'bench-dockers.service', line: `--cgroups none ${RUN} ${SLEEP}`},
  // A runtime that the line asks for is left alone, so the container is not born in the unit.
  moved: {unit: 'bench-moved.service', line: `${RUN} --runtime runc ${SLEEP}`},
  adoptedOne: {unit: 'bench-one.service', line: '--logs=false run --name %n busybox'},
  adoptedMany: {unit: 'bench-many.service', line: '--logs=false run --name %n busybox'},
}
const DOCKERS = "unit, in Docker's own place (--cgroups none)"
const ONE = 'taking over a container of 1 process'

const inDockersPlace: Contestant = {name: DOCKERS, measure: (guest) => timeStart(guest, UNITS.dockers.unit)}

/** Each of these on its own, as what a start leaves the Engine to clear away goes on during the next. */
const CONTESTS: Readonly<Record<string, readonly Contestant[]>> = {
  'Born in the unit': [
    inDockersPlace,
    {
      name: 'unit, born there by the shim',
      comparedWith: DOCKERS,
      measure: (guest) => timeStart(guest, UNITS.born.unit),
    },
  ],
  'Moved into the unit': [
    inDockersPlace,
    {name: 'unit, moved there', comparedWith: DOCKERS, measure: (guest) => timeStart(guest, UNITS.moved.unit)},
  ],
  'Taken over and moved': [
    {name: ONE, measure: (guest) => takeOver(guest, UNITS.adoptedOne.unit, 1)},
    {
      name: `the same, of ${String(PROCESSES)}, all moved`,
      comparedWith: ONE,
      measure: (guest) => takeOver(guest, UNITS.adoptedMany.unit, PROCESSES),
    },
  ],
}

/** How long a unit takes to be active when it takes over a container that runs so many processes. */
async function takeOver(guest: Guest, unit: string, processes: number): Promise<number> {
  const script = `for i in $(seq ${String(processes - 1)}); do sleep 1000 & done; exec sleep 1000`
  const words = ['--name', unit, '--cap-drop', 'MKNOD', '--network', 'none', 'busybox', 'sh', '-c', script]
  await guest.run('docker', 'run', '--detach', ...words)
  // docker top looks at the cgroup, as the move will do.
  while ((await guest.run('docker', 'top', unit)).split('\n').length <= processes);
  return await timeStart(guest, unit)
}

const {pairs} = readCounts({pairs: 15})
const kind = HOST_KINDS.find(({name}) => name === 'debian13-v2')
if (kind === undefined) throw new Error('there is no host debian13-v2')
console.log(
  await workWith(
    async () => await boot(kind, [await busybox()], 'disk'),
    (host) => host.shutDown(),
    async ({guest}) => {
      for (const {unit, line} of Object.values(UNITS)) await writeUnit(guest, unit, line)
      const tables: string[] = []
      for (const [title, contestants] of Object.entries(CONTESTS))
        tables.push(await compete(title, contestants, guest, pairs))
      return tables.join('\n\n')
    },
  ),
)
