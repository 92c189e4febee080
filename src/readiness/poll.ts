import {plainWords} from '../docker/plain-words.js'
import {NotReadyError, reason} from '../errors.js'
import {READY_RETRY_FIRST_MS} from '../limits.js'
import {askWithTimeout, clampTimer, sleep} from '../timing.js'

/** How much of an answer is said, in characters. */
const ANSWER_MOST = 120

/** Looks once whether the container is ready: nothing if it is, else why it is not, in a few words. */
export type Probe = (signal: AbortSignal) => Promise<string | undefined>

/** How often a probe is made, and how long one may take. */
export interface Pace {
  /** The time between two probes, in milliseconds. */
  readonly interval: number
  /** Whether the first ones follow each other faster, as nobody has said an interval. */
  readonly isEager: boolean
  /** How long one probe may take, in milliseconds. */
  readonly timeout: number
}

/**
 * Probes until the container is ready. What a probe fails with is an answer like another, but for a
 * {@link NotReadyError}.
 */
export async function poll(
  probe: Probe,
  {interval, isEager, timeout}: Pace,
  said: (answer: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let wait = isEager ? Math.min(READY_RETRY_FIRST_MS, interval) : interval
  for (let tries = 1; ; tries++) {
    const answer = await answerOf(probe, timeout, signal)
    if (answer === undefined) return
    // The beginning of an error says what it is about.
    said(`${plainWords(answer.slice(0, ANSWER_MOST), ANSWER_MOST)}, ${ordinal(tries)} try`)
    await sleep(clampTimer(wait), signal)
    signal.throwIfAborted()
    wait = Math.min(2 * wait, interval)
  }
}

async function answerOf(probe: Probe, timeout: number, signal: AbortSignal): Promise<string | undefined> {
  const late = (): Error => new Error(`no answer within ${inSeconds(timeout)}`)
  try {
    return await askWithTimeout(signal, timeout, probe, late)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof NotReadyError) throw error
    return errno(error) ?? reason(error)
  }
}

/** What the kernel calls it, which says as much as the sentence around it, such as `ECONNREFUSED`. */
function errno(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined
}

/** A time in words, such as `1.5 s`. */
export function inSeconds(milliseconds: number): string {
  return `${String(milliseconds / 1000)} s`
}

/** `1st`, `2nd`, `3rd`, `4th`. @internal */
export function ordinal(number: number): string {
  const isTeen = number % 100 > 10 && number % 100 < 14
  return `${String(number)}${(isTeen ? undefined : ['th', 'st', 'nd', 'rd'][number % 10]) ?? 'th'}`
}
