import {constants} from 'node:fs'
import {access, open, rename, rm, stat} from 'node:fs/promises'
import {dirname, resolve} from 'node:path'
import {PidFileError, hasErrorCode, reason} from '../errors.js'
import {readRegular} from '../files/regular.js'
import {PID_FILE_REMOVAL_MS} from '../limits.js'
import {defineRunPlugin} from '../pipeline/contract.js'
import {withTimeout} from '../timing.js'

/** The label that says at the container's end where the file is. */
const LABEL = 'systemd-docker.pid-file'
/** The most bytes of a PID in a line (proc(5), `pid_max`). */
const LONGEST_PID = 8

/**
 * The PID of the container's init, as the host sees it, in a file: there whole or not at all, and gone with the
 * container.
 */
export const pidFile = defineRunPlugin({
  name: 'pid-file',
  options: {
    'pid-file': {
      kind: 'string',
      char: 'p',
      key: 'path',
      valueName: 'PATH',
      summary: 'write the PID of the container init to this file while the container runs',
    },
  },
  setup({'pid-file': asked}) {
    // Empty is none, so that a line can take back what the configuration says.
    if (asked === undefined || asked === '') return undefined
    const path = resolve(asked)
    let content = ''
    const write = async (pid: number): Promise<void> => {
      const next = `${String(pid)}\n`
      await writeWhole(path, next)
      content = next
    }
    return {
      async resolve({request}) {
        await refuseUnwritable(path)
        request.body.Labels[LABEL] = path
      },
      // What a run that was killed has left there is by now nobody's PID, or somebody else's.
      start: () => rm(path, {force: true}),
      async started({container, defer}) {
        await write(container.pid)
        defer(`remove ${path}`, () => removeOwn(path, content))
      },
      restarted: ({container}) => write(container.pid),
      describe: () => [`write the PID of the container init to ${path}`],
    }
  },
  async finish({labels}, {log}) {
    const path = labels[LABEL]
    if (path === undefined) return
    await withTimeout(PID_FILE_REMOVAL_MS, removeIfPidFile(path)).catch((error: unknown) => {
      log.warn(`the pid file ${path} is left behind: ${reason(error)}`)
    })
  },
})

async function refuseUnwritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK | constants.X_OK)
  } catch (error) {
    const why = hasErrorCode(error, 'ENOENT') ? `there is no directory ${dirname(path)}` : reason(error)
    throw new PidFileError(path, why, error)
  }
  const existing = await stat(path).catch(() => undefined)
  if (existing?.isDirectory()) throw new PidFileError(path, 'it is a directory')
}

/**
 * Writes beside the file and renames, so that nobody reads half a PID and a link at `path` is replaced, never followed.
 */
async function writeWhole(path: string, content: string): Promise<void> {
  const beside = `${path}.${String(process.pid)}.new`
  try {
    await rm(beside, {force: true})
    const file = await open(
      beside,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o644,
    )
    try {
      await file.writeFile(content)
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, {force: true}).catch(() => undefined)
    throw new PidFileError(path, reason(error), error)
  }
}

/** Removes the file unless somebody else's PID stands in it by now. */
async function removeOwn(path: string, content: string): Promise<void> {
  const now = await readRegular(path, {limit: content.length}).catch(() => undefined)
  if (now?.toString() === content) await rm(path, {force: true})
}

/** By the end of the container the file may be somebody else's: what does not look like a pid file stays. */
async function removeIfPidFile(path: string): Promise<void> {
  try {
    if (/^\d+\n$/.test((await readRegular(path, {limit: LONGEST_PID})).toString())) await rm(path, {force: true})
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error
  }
}
