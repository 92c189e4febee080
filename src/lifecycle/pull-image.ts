import type {Engine} from '../docker/engine.js'
import {findLogin, type FoundLogin} from '../docker/client/registry-auth.js'
import {PullTracker, type PullProgress} from '../docker/pull-progress.js'
import {registryOf} from '../docker/client/image-reference.js'
import {PullError, reason} from '../errors.js'
import type {Notifier} from '../systemd/notifier.js'
import {PULL_EXTENSION_MS, PULL_STANDSTILL_MS, PULL_STATUS_MS} from '../limits.js'
import type {Log} from '../log.js'

/** Asks systemd to wait (sd_notify(3), `EXTEND_TIMEOUT_USEC=`). */
const EXTENSION = `EXTEND_TIMEOUT_USEC=${String(PULL_EXTENSION_MS * 1000)}`
const MEGABYTE = 1_000_000
const KILOBYTE = 1000
/** Of a terminal that does not say how wide it is. */
const COLUMNS = 80
const CLEAR_LINE = '\r\u001B[K'

/** A terminal that a line can be written over on. */
interface Terminal {
  /** 0 when it is not known. */
  readonly columns: number
  write(text: string): unknown
}

/** Who is asked for an image, and who is told how far it is. */
export interface PullInput {
  readonly engine: Engine
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly notifier: Notifier
  readonly terminal: Terminal | undefined
  readonly log: Log
}

/**
 * Fetches an image, with the login that docker's client has for its registry. As long as something arrives systemd is
 * told how far it is and does not give up, however long it takes.
 *
 * @throws {PullError} also when no data has arrived for a minute
 */
export async function pullImage(
  image: string,
  platform: string | undefined,
  pulling: PullInput,
  signal: AbortSignal,
): Promise<void> {
  const {engine, log} = pulling
  const found = await loginFor(image, pulling, signal)
  const wanted = {...(platform === undefined ? {} : {platform}), ...(found?.login && {login: found.login})}
  const standstill = new AbortController()
  const tally = new PullTracker()
  const teller = new Teller(image, pulling)
  const timer = setTimeout(() => {
    if (tally.mayUnpackInSilence) {
      timer.refresh()
      teller.tell(tally.progress).catch((error: unknown) => {
        standstill.abort(error)
      })
    } else
      standstill.abort(new PullError(image, `no data has arrived for ${String(PULL_STANDSTILL_MS / 1000)} seconds`))
  }, PULL_STANDSTILL_MS)
  try {
    await teller.tell(undefined)
    for await (const message of engine.pull(image, wanted, AbortSignal.any([signal, standstill.signal])))
      if (tally.take(message)) {
        timer.refresh()
        await teller.tell(tally.progress)
      }
    await teller.finish()
  } catch (error) {
    if (!signal.aborted) standstill.signal.throwIfAborted()
    throw error instanceof PullError ? withLogin(error, image, found) : error
  } finally {
    clearTimeout(timer)
    teller.clear()
  }
  const {progress: {total} = {total: 0}} = tally
  // containerd's store tells the size of a layer only while it is being fetched, which may be over at once.
  if (tally.hasFetched) log.info(`pulled ${image}${total === 0 ? '' : ` (${size(total)})`}`)
}

/** docker, too, goes on without a login when it cannot be had, as many images are for everybody. */
async function loginFor(image: string, {env, log}: PullInput, signal: AbortSignal): Promise<FoundLogin | undefined> {
  try {
    const found = await findLogin(image, env, signal)
    if (found?.passedOver !== undefined) log.warn(found.passedOver)
    return found
  } catch (error) {
    signal.throwIfAborted()
    log.warn(`${reason(error)}; ${image} is pulled without a login`)
    return undefined
  }
}

/** A registry that wants to know who asks does not say as whom it was asked. */
function withLogin(error: PullError, image: string, found: FoundLogin | undefined): PullError {
  if (found === undefined || !/unauthorized|denied|authentication|credentials/i.test(error.answer)) return error
  const what = found.login === undefined ? 'without a login, because there is none' : 'with the login'
  return new PullError(image, `${error.answer} (asked ${what} for ${registryOf(image)} in ${found.from})`, error)
}

/** Tells systemd and the terminal how far a pull is, at most once a second. */
class Teller {
  readonly #image: string
  readonly #notifier: Notifier
  readonly #terminal: Terminal | undefined
  #last = -Infinity

  constructor(image: string, {notifier, terminal}: PullInput) {
    this.#image = image
    this.#notifier = notifier
    this.#terminal = terminal
  }

  async tell(progress: PullProgress | undefined): Promise<void> {
    const now = performance.now()
    if (now - this.#last < PULL_STATUS_MS) return
    this.#last = now
    const line = describe(this.#image, progress)
    // A line that breaks could not be written over.
    this.#terminal?.write(CLEAR_LINE + line.slice(0, (this.#terminal.columns || COLUMNS) - 1))
    await this.#notifier.send(EXTENSION, `STATUS=${line}`)
  }

  /** The start that follows has the time of any. */
  async finish(): Promise<void> {
    await this.#notifier.send(EXTENSION)
  }

  clear(): void {
    this.#terminal?.write(CLEAR_LINE)
  }
}

function describe(image: string, progress: PullProgress | undefined): string {
  if (progress === undefined) return `Pulling ${image}`
  const {doing, done, total, isPartial, seconds} = progress
  if (seconds !== undefined) return `${doing} ${image} (${String(seconds)} s)`
  const unit = unitOf(total)
  const part = inUnit(done, unit)
  // A percentage of a total that grows would go back.
  if (isPartial) return `${doing} ${image} (${part} of at least ${size(total)})`
  return `${doing} ${image} ${String(Math.floor((done / total) * 100))} % (${part} of ${size(total)})`
}

function size(bytes: number): string {
  const unit = unitOf(bytes)
  return `${inUnit(bytes, unit)} ${unit === MEGABYTE ? 'MB' : 'kB'}`
}

function unitOf(bytes: number): number {
  return bytes < MEGABYTE ? KILOBYTE : MEGABYTE
}

function inUnit(bytes: number, unit: number): string {
  return String(Math.round(bytes / unit))
}
