/**
 * For what must not be broken off: a request to create that is given up on our side can still succeed on the Engine's,
 * and then nobody would know of the container; and what undoes or ends a run is not undone by the run's end.
 */
export const NEVER_ABORTED = new AbortController().signal

/** Resolves after so many milliseconds, or as soon as the signal aborts. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener('abort', done)
  })
}

/**
 * Resolves when what was just asked of the Engine is on its way, and this process has nothing to do until it answers: a
 * request is written as soon as its connection is there, in the next turn of the event loop.
 */
export async function requestsWritten(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate)
}

/** The promise's outcome, or the signal's reason when that aborts first; what is waited for is then left to itself. */
export async function abortable<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  // Also what is left to itself from the beginning may fail later, and then nobody is there to hear of it.
  promise.catch(() => undefined)
  signal.throwIfAborted()
  let abort: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', abort)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/**
 * The promise's outcome or, when the signal aborts first, its reason: but not before the promise has settled too, or
 * has had so many milliseconds to, after which `left` is called and it is left to itself.
 */
export async function abortableOnceSettled<T>(
  signal: AbortSignal,
  milliseconds: number,
  promise: Promise<T>,
  left: () => void,
): Promise<T> {
  try {
    return await abortable(signal, promise)
  } catch (error) {
    if (signal.aborted) {
      const settled = promise.then(
        () => undefined,
        () => undefined,
      )
      await withTimeout(milliseconds, settled).catch(left)
    }
    throw error
  }
}

/**
 * What `act` gives, which is not begun once the signal has aborted, and is then finished rather than broken off: the
 * signal that it is given aborts so many milliseconds after the other.
 */
export async function finishOnAbort<T>(
  signal: AbortSignal,
  milliseconds: number,
  act: (patience: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw signal.reason as Error
  const patience = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const hurry = (): void => {
    timer = setTimeout(() => {
      patience.abort(signal.reason)
    }, milliseconds)
  }
  signal.addEventListener('abort', hurry)
  try {
    return await act(patience.signal)
  } finally {
    signal.removeEventListener('abort', hurry)
    clearTimeout(timer)
  }
}

/**
 * What `ask` gives within so many milliseconds. The signal that it is given aborts when it does not, when it fails, or
 * when `signal` aborts.
 *
 * The timer is held here: AbortSignal.any() holds what it joins weakly, and a timeout that nobody else holds may be
 * collected, and then never comes.
 *
 * @throws what `late` makes when the time is over
 */
export async function askWithTimeout<T>(
  signal: AbortSignal | undefined,
  milliseconds: number,
  ask: (signal: AbortSignal) => Promise<T>,
  late: () => Error,
): Promise<T> {
  const question = new AbortController()
  const timer = setTimeout(() => {
    question.abort(late())
  }, clampTimer(milliseconds))
  const stop = (): void => {
    question.abort(signal?.reason)
  }
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop)
  try {
    return await abortable(question.signal, ask(question.signal))
  } catch (error) {
    const why: unknown = question.signal.aborted ? question.signal.reason : error
    question.abort(why)
    throw why
  } finally {
    signal?.removeEventListener('abort', stop)
    clearTimeout(timer)
  }
}

/** The promise's outcome, or an error when there is none within so many milliseconds. */
export async function withTimeout<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not done after ${String(milliseconds / 1000)} seconds`))
    }, milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A time that a timer takes. */
export function clampTimer(milliseconds: number): number {
  return Math.max(0, Math.min(Math.round(milliseconds), 2 ** 31 - 1))
}
