import {accessSync, constants, statSync} from 'node:fs'
import {NotifyError, reason} from '../errors.js'
import {mayClaimPids} from '../kernel/privileges.js'
import {requireAddon} from './addons.js'
import {SYSTEMD_PATH} from './systemctl.js'

/** Tells systemd things about the unit (sd_notify(3)). */
export interface Notifier {
  /** Sends the assignments, such as `READY=1`, in one message. @throws {NotifyError} */
  send(...assignments: readonly string[]): Promise<void>
}

/**
 * The notifier for this process: silent where `NOTIFY_SOCKET` is not set, sd-notify where its addon could be built,
 * else systemd's own `systemd-notify` program, which sends in the name of the process that started it
 * (systemd-notify(1)).
 *
 * @param say is told what is sent
 */
export function openNotifier(env: Readonly<NodeJS.ProcessEnv>, say?: (line: string) => void): Notifier {
  const socket = env['NOTIFY_SOCKET']
  if (socket === undefined || socket === '') return {send: () => Promise.resolve()}
  const sendState = loadAddon()
  return {
    async send(...assignments) {
      say?.(`to systemd: ${assignments.join(' ')}`)
      if (sendState === undefined) {
        await sendByProgram(socket, assignments)
        return
      }
      refuseUnreachable(socket)
      sendState(assignments.join('\n'))
    },
  }
}

type SendState = (state: string) => void

/**
 * sd-notify's way to send any assignment. It is optional: its addon needs a compiler and libsystemd's headers when it
 * is installed.
 */
function loadAddon(): SendState | undefined {
  try {
    const addon = requireAddon('sd-notify')
    if (typeof addon !== 'object' || addon === null || !('sendState' in addon)) return undefined
    return typeof addon.sendState === 'function' ? (addon.sendState as SendState) : undefined
  } catch {
    return undefined
  }
}

/**
 * The addon keeps to itself what sd_notify(3) returns, and systemd would wait for a message that was never sent until
 * the unit's start times out: what can be seen of the socket is looked at before. One in the abstract namespace (`@…`,
 * unix(7)) cannot be.
 *
 * @throws {NotifyError}
 */
function refuseUnreachable(socket: string): void {
  if (!socket.startsWith('/')) return
  try {
    if (!statSync(socket).isSocket()) throw new Error('it is not a socket')
    accessSync(socket, constants.W_OK)
  } catch (error) {
    throw new NotifyError(socket, reason(error), error)
  }
}

/**
 * Messages in the name of this process, which is there when systemd reads them, need no waiting. Where the kernel does
 * not let the program send such, they are in its own name, so that it must be there until systemd has taken them, for
 * five seconds at most (systemd-notify(1), `--no-block`, from 246 on; before, nothing was ever waited for): systemd 252
 * ignores the message of a process that has ended.
 */
async function sendByProgram(socket: string, assignments: readonly string[]): Promise<void> {
  const waits = !(await mayClaimPids())
  let failure = await tryProgram([...(waits ? [] : ['--no-block']), ...assignments])
  if (!waits && failure?.why.includes('unrecognized option')) failure = await tryProgram(assignments)
  if (failure !== undefined) throw new NotifyError(socket, failure.why, failure.cause)
}

/** A unit's `PATH` may be without systemd's programs. The working directory, which nothing means in it, is left out. */
function programPath(): string {
  const own = (process.env['PATH'] ?? '').split(':').filter((directory) => directory.startsWith('/'))
  return [...own, SYSTEMD_PATH].join(':')
}

interface Failure {
  readonly why: string
  readonly cause?: unknown
}

/** How much of what a program says is kept, in characters. */
const SAID_MOST = 1000

function tryProgram(words: readonly string[]): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    // Not loaded where the addon is there: see systemctl.
    const {spawn} = process.getBuiltinModule('node:child_process')
    const child = spawn('systemd-notify', words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {...process.env, PATH: programPath()},
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-SAID_MOST)))
    child.once('error', (cause) => {
      resolve({why: `neither sd-notify nor the program systemd-notify is available (${cause.message})`, cause})
    })
    child.once('close', (code, signal) => {
      const last = said.trim().split('\n').at(-1) ?? ''
      if (code === 0) resolve(undefined)
      else
        resolve({
          why: `systemd-notify ended with ${signal ?? `status ${String(code)}`}${last === '' ? '' : `: ${last}`}`,
        })
    })
  })
}
