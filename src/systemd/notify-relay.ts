import {chmodSync, mkdirSync, rmSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {StateError, reason} from '../errors.js'
import {makePrivate} from '../files/private-directory.js'
import {NOTIFY_LAST_MS, NOTIFY_PACE_MS, NOTIFY_QUESTION_MS} from '../limits.js'
import type {Log} from '../log.js'
import {sleep, withTimeout} from '../timing.js'
import type {DatagramSocket, OpenDatagramSocket} from './datagram-socket.js'
import {
  DEPENDENT,
  LONGEST_DATAGRAM,
  decide,
  readDatagram,
  type DependentField,
  type Dropped,
  type Field,
  type UnitBounds,
  type UnitState,
} from './notify-filter.js'
import {NotifyOutbox} from './notify-outbox.js'
import {SOCKET_NAME, removeRelayDirectory} from './notify-socket.js'
import type {Notifier} from './notifier.js'

/** How many datagrams are read at a time, before others have their turn. */
const BATCH = 32
/** How many messages a second systemd is sent at most. */
const MESSAGES_PER_SECOND = 10
/** Of how many fields the log tells that are not passed on: all that there are, and a few that nobody knows. */
const MOST_TOLD = 30
/** What a container that has ended has nothing more to say of. */
const OVER: readonly Field[] = ['STATUS', 'RELOADING', 'STOPPING', 'WATCHDOG', 'WATCHDOG_USEC']

/** What a relay works with. */
export interface RelayInput {
  readonly open: OpenDatagramSocket
  /** The directory that the container is given; the one above it is this program's alone. */
  readonly directory: string
  readonly openNotifier: () => Notifier
  readonly bounds: UnitBounds
  /** Asks systemd what the unit is doing; nothing where it does not answer. */
  readonly askUnit: (signal: AbortSignal) => Promise<UnitState | undefined>
  readonly log: Log
}

/**
 * The notification socket of a container: what it sends there is passed on to systemd as this process's word, as far as
 * a container may say it. What comes is kept by the kernel until it is read, and whoever sends more than is read waits.
 */
export class NotifyRelay {
  readonly #input: RelayInput
  readonly #outbox = new NotifyOutbox()
  /** Claims that systemd's answer decides. */
  readonly #undecided = new Map<DependentField, string>()
  readonly #over = new AbortController()
  readonly #told = new Set<string>()
  /** When the last messages were sent, the oldest first, as moments of performance.now(). */
  readonly #sent: number[] = []
  #socket: DatagramSocket | undefined
  #notifier: Notifier | undefined
  #passing: Promise<void> | undefined
  #isWoken = false
  #phase: 'kept' | 'passed' | 'ended' = 'kept'
  /** When systemd last answered, as a moment of performance.now(); Infinity while it is asked. */
  #askedAt = -Infinity
  #wasReady = false
  #hasFailed = false

  constructor(input: RelayInput) {
    this.#input = input
  }

  /** Makes the socket. From now on the kernel keeps what is sent there. @throws {StateError} */
  open(): void {
    const {directory, open} = this.#input
    const socket = join(directory, SOCKET_NAME)
    try {
      for (const one of [dirname(dirname(directory)), dirname(directory)]) makePrivate(one)
      mkdirSync(directory, {recursive: true})
      // Whoever the container runs as comes in by the mount alone, and may do no more than send. The socket is made
      // with its mode: a container that runs already might put something else there before that could be changed.
      chmodSync(directory, 0o755)
      // What a run that was killed has left.
      rmSync(socket, {force: true})
      const mask = process.umask(0o111)
      try {
        this.#socket = open(socket, LONGEST_DATAGRAM, () => {
          this.#wake()
        })
      } finally {
        process.umask(mask)
      }
    } catch (error) {
      try {
        this.close()
      } catch {
        // Why there is no socket matters more than what is left of its directory.
      }
      if (error instanceof StateError) throw error
      throw new StateError(directory, reason(error), error)
    }
  }

  /** Passes on what has come, and from now on what comes. */
  pass(): void {
    this.#phase = 'passed'
    this.#wake()
  }

  /** The container has ended: what it has said of that is passed on, and that it was ready before. */
  async end(): Promise<void> {
    // Of one that has ended before anything was passed on systemd has been told all that there is.
    this.#wasReady ||= this.#phase === 'kept'
    this.#phase = 'ended'
    this.#wake()
    await withTimeout(NOTIFY_LAST_MS, Promise.resolve(this.#passing)).catch(() => undefined)
  }

  /** Closes the socket and removes the directory. */
  close(): void {
    this.#over.abort()
    this.#socket?.close()
    this.#socket = undefined
    removeRelayDirectory(this.#input.directory)
  }

  #wake(): void {
    if (this.#phase === 'kept') return
    this.#isWoken = this.#passing !== undefined
    if (this.#isWoken) return
    this.#passing = this.#passOn()
      .catch((error: unknown) => {
        this.#input.log.warn(`the container's messages are no longer passed to systemd: ${reason(error)}`)
      })
      .finally(() => {
        this.#passing = undefined
        // Something may have come since it looked last.
        if (this.#isWoken) this.#wake()
      })
  }

  /** Passes on until nothing is left: at once what is little, and of a flood the newest, from time to time. */
  async #passOn(): Promise<void> {
    for (let read = 0; !this.#over.signal.aborted;) {
      while (read < BATCH && this.#read()) read++
      if (this.#phase === 'ended') this.#forgetWhatIsOver()
      this.#ask()
      if (!this.#outbox.isEmpty && this.#maySend()) await this.#send()
      else if (read < BATCH && this.#isDone) return
      else {
        await sleep(NOTIFY_PACE_MS, this.#over.signal)
        read = 0
      }
    }
  }

  get #isDone(): boolean {
    return this.#outbox.isEmpty && this.#undecided.size === 0
  }

  /** Reads a datagram, if there is one. What is to be confirmed waits until all before it was passed on. */
  #read(): boolean {
    const next = this.#socket?.look()
    if (next === undefined) return false
    const now = process.hrtime.bigint() / 1000n
    const datagram = readDatagram(next.bytes, next.length, this.#input.bounds, now)
    if (datagram.kind === 'barrier' && !this.#isDone) return false
    this.#socket?.drop()
    if (datagram.kind === 'refused')
      this.#tellOnce(datagram.why, `a message of the container is not passed to systemd: ${datagram.why}`)
    if (datagram.kind !== 'message') return true
    const claims = new Map(datagram.claims)
    for (const field of DEPENDENT) {
      const value = claims.get(field)
      if (value !== undefined) this.#undecided.set(field, value)
      claims.delete(field)
    }
    this.#outbox.add(claims)
    for (const dropped of datagram.dropped) this.#tellDropped(dropped)
    return true
  }

  /** Has systemd decide what waits for that, not more often than from time to time. */
  #ask(): void {
    if (this.#undecided.size === 0 || performance.now() - this.#askedAt < NOTIFY_QUESTION_MS) return
    this.#askedAt = Infinity
    const asked = [...this.#undecided]
    this.#input
      .askUnit(this.#over.signal)
      .catch(() => undefined)
      .then((unit) => {
        this.#askedAt = performance.now()
        for (const [field, value] of asked) {
          if (this.#undecided.get(field) === value) this.#undecided.delete(field)
          const may = decide(field, value, unit)
          if (typeof may === 'string') this.#outbox.add(new Map([[field, may]]))
          else this.#tellDropped({field, why: may.why})
        }
      })
      .catch((error: unknown) => {
        this.#input.log.warn(reason(error))
      })
  }

  #maySend(): boolean {
    return this.#sent.length < MESSAGES_PER_SECOND || performance.now() - (this.#sent[0] ?? 0) >= 1000
  }

  async #send(): Promise<void> {
    const message = this.#outbox.take() ?? []
    this.#sent.push(performance.now())
    if (this.#sent.length > MESSAGES_PER_SECOND) this.#sent.shift()
    this.#wasReady ||= message.includes('READY=1')
    try {
      this.#notifier ??= this.#input.openNotifier()
      await this.#notifier.send(...message)
      this.#hasFailed = false
    } catch (error) {
      if (!this.#hasFailed)
        this.#input.log.warn(`could not pass a message of the container to systemd: ${reason(error)}`)
      this.#hasFailed = true
    }
  }

  #forgetWhatIsOver(): void {
    this.#undecided.clear()
    for (const field of OVER) this.#outbox.forget(field)
    if (this.#wasReady) this.#outbox.forget('READY')
  }

  #tellDropped({field, why}: Dropped): void {
    const name = /^[\w.-]{1,40}$/.test(field) ? `${field}=` : 'line that is no assignment'
    this.#tellOnce(field, `the container's ${name} is not passed to systemd: ${why}`)
  }

  /** Says something of a field once, and of so many fields: a container can make up more than anybody reads. */
  #tellOnce(what: string, line: string): void {
    if (this.#told.has(what) || this.#told.size > MOST_TOLD) return
    this.#told.add(what)
    this.#input.log.info(
      this.#told.size > MOST_TOLD ? 'the container sends more fields that are not passed to systemd' : line,
    )
  }
}
