import type {HostKind} from '../../../sandbox/hosts.js'

/** A way into the unit's cgroup on a kind of host. */
export interface Column {
  readonly host: HostKind['name']
  readonly title: string
  /** Words of docker run and settings of the unit that lead to it. */
  readonly words: string
  readonly unit: Readonly<Record<string, string>>
  /**
   * What is seen for each of the rows, in their order: `y`es, `n`o, or `-` where the host has no controllers on cgroup
   * v2.
   */
  readonly expected: string
}

const DELEGATE = {Delegate: 'yes'}
/** A runtime that the line asks for is left alone, so the container is moved. */
const MOVED = '--runtime runc'

/** The columns of the matrix of placements. */
export const COLUMNS: readonly Column[] = [
  {host: 'debian-forky', title: 'born: shim', words: '', unit: {}, expected: 'yy-------yyy-yyyyyy'},
  {host: 'debian-forky', title: 'moved', words: MOVED, unit: {}, expected: 'yy-------nny-yyyyyy'},
  {host: 'debian13-v2', title: 'born: shim', words: '', unit: {}, expected: 'yy-------yyy-yyyyyy'},
  {host: 'debian13-v2-cgroupfs', title: 'born: cgroupfs driver', words: '', unit: {}, expected: 'yy-------yyy-yyyyyy'},
  {host: 'debian12-v2', title: 'born: OCI runtime', words: '', unit: {}, expected: 'yy-------yyy-yyyyyy'},
  {host: 'debian12-v1', title: 'born: cgroup v1', words: '', unit: {}, expected: 'yyyyyyyyyyyyyyyyyyy'},
  {host: 'debian13-v2-bare', title: 'moved', words: '', unit: {}, expected: 'yy-------nny-yyyyyy'},
  {host: 'debian13-vm', title: 'born, Delegate=yes', words: '', unit: DELEGATE, expected: 'yyyyyyyyyyyyyyyyyyy'},
  {host: 'debian13-vm', title: 'born', words: '', unit: {}, expected: 'yyynynnnnyyynyyyyyy'},
  {host: 'debian13-vm', title: 'moved, Delegate=yes', words: MOVED, unit: DELEGATE, expected: 'yyyyyyyynnnynyyyyyy'},
  {host: 'debian13-vm', title: 'moved', words: MOVED, unit: {}, expected: 'yyynynnnnnnynyyyyyy'},
]
