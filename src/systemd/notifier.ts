import {createRequire} from 'node:module'
import {NotifyError} from '../errors.js'

/** Tells systemd things about the unit (sd_notify(3)). */
export interface Notifier {
  /** Sends the assignments, such as `READY=1`, in one message. @throws {NotifyError} */
  send(...assignments: readonly string[]): Promise<void>
}

/**
 * The notifier for this process: silent where `NOTIFY_SOCKET` is not set, sd-notify where its addon could be built, else systemd's own
 * `systemd-notify` program, which sends in the name of the process that started it and returns when systemd has taken the message
 * (systemd-notify(1)).
 */
export function openNotifier(env: Readonly<NodeJS.ProcessEnv>): Notifier {
  const socket = env['NOTIFY_SOCKET']
  if (socket === undefined || socket === '') return {send: () => Promise.resolve()}
  const sendState = loadAddon()
  if (sendState === undefined) return {send: (...assignments) => sendByProgram(socket, assignments)}
  return {
    send: (...assignments) => {
      sendState(assignments.join('\n'))
      return Promise.resolve()
    },
  }
}

type SendState = (state: string) => void

/** sd-notify's way to send any assignment. It is optional: its addon needs a compiler and libsystemd's headers when it is installed. */
function loadAddon(): SendState | undefined {
  try {
    const addon: unknown = createRequire(__filename)('sd-notify')
    if (typeof addon !== 'object' || addon === null || !('sendState' in addon)) return undefined
    return typeof addon.sendState === 'function' ? (addon.sendState as SendState) : undefined
  } catch {
    return undefined
  }
}

function sendByProgram(socket: string, assignments: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Not loaded where the addon is there: see systemctl.
    const {spawn} = process.getBuiltinModule('node:child_process')
    const child = spawn('systemd-notify', assignments, {stdio: ['ignore', 'ignore', 'inherit']})
    child.once('error', (error) => {
      reject(
        new NotifyError(socket, `neither sd-notify nor the program systemd-notify is there (${error.message})`, error),
      )
    })
    child.once('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new NotifyError(socket, `systemd-notify ended with ${signal ?? `status ${String(code)}`}`))
    })
  })
}
