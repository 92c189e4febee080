import {stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {ConfigurationError} from '../errors.js'

const WRITABLE_BY_OTHERS = 0o022

/**
 * Refuses a file, and the directory it is in, that anyone but root and the user who runs us could have written, as ssh does: what it says is
 * done as that user.
 *
 * @throws {ConfigurationError} that says how to mend it
 */
export async function refuseUntrusted(path: string, uid = process.geteuid?.() ?? 0): Promise<void> {
  for (const candidate of [path, dirname(path)]) {
    const {mode, uid: owner} = await stat(candidate)
    if (owner !== 0 && owner !== uid)
      throw new ConfigurationError(
        candidate,
        `it belongs to user ${String(owner)}; \`chown root ${candidate}\` mends it`,
      )
    if ((mode & WRITABLE_BY_OTHERS) !== 0)
      throw new ConfigurationError(
        candidate,
        `others than its owner may write it; \`chmod go-w ${candidate}\` mends it`,
      )
  }
}
