import {readFile} from 'node:fs/promises'
import {hostname} from 'node:os'
import {parseMemberships} from './hierarchies.js'

/** The names for this process: its unit's, where it is in one, and its host's. */
export async function readUnitNames(procRoot = '/proc'): Promise<{unit: string | undefined; host: string}> {
  const memberships = parseMemberships(await readFile(`${procRoot}/self/cgroup`, 'utf8').catch(() => ''))
  // Where cgroup v2 alone is mounted here, the kernel may still list hierarchies of v1 that are somebody else's, with `/` in them.
  const systemds = memberships.filter(
    ({controllers}) => controllers.length === 0 || controllers.includes('name=systemd'),
  )
  const unit = systemds.flatMap(({path}) => path.split('/')).findLast((part) => /\.(?:service|scope)$/.test(part))
  return {unit, host: hostname()}
}
