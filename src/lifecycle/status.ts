import {reason} from '../errors.js'
import {SLOW_PHASE_MS} from '../limits.js'
import type {Log} from '../log.js'
import type {Notifier} from '../systemd/notifier.js'

/**
 * What systemd is told that a run is at, one line a phase (sd_notify(3), `STATUS=`): `systemctl status` shows it. How
 * far a pull is says pull-image.ts, and how a container ended exit-status.ts.
 */
export const STATUS = {
  waitingForEngine: (address: string): string => `waiting for the Docker Engine at ${address}`,
  creating: (name: string): string => `creating container ${name}`,
  starting: (name: string): string => `starting container ${name}`,
  waiting: (what: string, answer?: string): string => `waiting for ${what}${answer === undefined ? '' : `: ${answer}`}`,
  container: (name: string, is: string): string => `container ${name} ${is}`,
} as const

/**
 * That a container runs, and since when: the hour and the minute, in the time zone of this process, as the day stands
 * in the line above.
 *
 * @param startedAt when its life began, in milliseconds since 1970; nothing, or a negative time, if that is not known
 */
export function runningSince(startedAt: number | undefined): string {
  if (startedAt === undefined || startedAt < 0) return 'running'
  const moment = new Date(startedAt)
  const [hour, minute] = [moment.getHours(), moment.getMinutes()].map((part) => String(part).padStart(2, '0'))
  return `running since ${hour ?? ''}:${minute ?? ''}`
}

/**
 * The outcome of `act`. Systemd is told what the run is at only if that takes longer than a second: a phase that is
 * shorter nobody sees, and where sd-notify is missing each word to systemd is a process.
 */
export async function tellIfSlow<T>(
  status: string,
  {openNotifier, log}: {readonly openNotifier: () => Notifier; readonly log: Log},
  act: Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => {
    openNotifier()
      .send(`STATUS=${status}`)
      .catch((error: unknown) => {
        log.warn(`could not tell systemd what takes long: ${reason(error)}`)
      })
  }, SLOW_PHASE_MS)
  try {
    return await act
  } finally {
    clearTimeout(timer)
  }
}
