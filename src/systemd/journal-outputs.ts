import {kernelText} from '../kernel/kernel-text.js'
import {parseMountinfo} from '../kernel/mountinfo.js'
import {isJournal} from '../log.js'

const STDOUT = 1
const STDERR = 2

/** `both`, `one` of standard output and error, or none. */
export type JournalOutputs = 'both' | 'one' | 'none'

/**
 * Which of this process's outputs are the system's journal. That of a unit with `LogNamespace=` is another one, which
 * systemd mounts over it (systemd.exec(5)).
 */
export function journalOutputs(env: Readonly<NodeJS.ProcessEnv>): JournalOutputs {
  const count = [STDOUT, STDERR].filter((descriptor) => isJournal(env, descriptor)).length
  if (count === 0 || hasLogNamespace()) return 'none'
  return count === 1 ? 'one' : 'both'
}

/** The same of what is written to the journal's own socket: all of it. */
export function nativeOutputs(): JournalOutputs {
  return hasLogNamespace() ? 'none' : 'both'
}

function hasLogNamespace(): boolean {
  const mounts = parseMountinfo(kernelText('/proc/self/mountinfo'), / \/run\/systemd\/journal /)
  return mounts.some(({mountPoint, root}) => mountPoint === '/run/systemd/journal' && /\/journal\.[^/]+$/.test(root))
}
