import {StoppedError} from '../errors.js'
import type {SignalName} from '../kernel/signal-names.js'

/** Signals that ask for the run's end. */
const STOPPING = ['SIGTERM', 'SIGINT'] as const
/** Signals that are the container's business. */
const PASSED_ON = ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
/** Signals that no process can handle (signal(7)). */
const NEVER_HEARD: readonly SignalName[] = ['SIGKILL', 'SIGSTOP']

/**
 * What this process is asked by signals. Whoever listens from when the container is ready gets them; before that, they
 * end the run.
 *
 * | signal | when | aborts | what comes of it |
 * | --- | --- | --- | --- |
 * | SIGTERM, SIGINT | until READY=1 | `signal` | the run is undone, up to its last moment; death by the signal |
 * | | again, until then | - | nothing: the run is being undone |
 * | | after it, nobody listens yet | `signal` | `onStop` calls as soon as somebody listens |
 * | | while the container runs | - | `onStop` calls stopContainer(), which decides what the container is sent |
 * | | while it is being stopped | - | `onStop`: the same stop, or hurry(), where mayHurry() says so: SIGKILL for it |
 * | SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 | until somebody listens | `signal` | the run is undone; an error, status 125 |
 * | | by which systemd stops the unit, once it has said so | `signal` | as SIGTERM |
 * | | from then on | - | `onOther` calls forward(): the container gets it, unless --sig-proxy=false |
 * | | by which systemd stops the unit | - | `onOther` calls stopBy(): as SIGTERM |
 * | ReloadSignal=, once systemd has said it | | | as SIGHUP |
 * | WatchdogSignal=, once that may be for the container | | - | `onOther` stops the container, which is unhealthy |
 * | an exception that nobody catches | until READY=1 | both | the run is undone; an error, status 125 |
 * | | while the container runs | both | supervise() is left, the run is undone; an error, status 125 |
 * | any other signal | at any time | - | its default effect, such as death by SIGKILL: the next start cleans up |
 *
 * Both are `signal` and `defect`. Hooks are given `signal`, and time to finish (src/limits.ts) when it aborts.
 */
export class ProcessSignals {
  readonly #controller = new AbortController()
  readonly #defect = new AbortController()
  readonly #stopping = new AbortController()
  #asked: SignalName | undefined
  #stop: ((name: SignalName) => void) | undefined
  #other: ((name: NodeJS.Signals) => void) | undefined
  /** Those by which systemd stops the unit. */
  readonly #ofSystemd = new Set<SignalName>()
  #hear: (names: readonly SignalName[]) => void = () => undefined

  /** Aborts, with a {@link StoppedError} as its reason, when the run is to stop before the container is ready. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Aborts, with what was thrown as its reason, when this process can be trusted no longer, whatever it is at. */
  get defect(): AbortSignal {
    return this.#defect.signal
  }

  /** Something was thrown that nobody caught: whatever is under way is to be undone. */
  fail(error: Error): void {
    this.#defect.abort(error)
    // One that is being stopped already is undone already.
    this.#controller.abort(error)
  }

  /** Aborts when the end is asked for, before the container is ready or after. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** The signal that asked for the end, once one has. */
  get asked(): SignalName | undefined {
    return this.#asked
  }

  /** From now on a request to stop calls `stop`; one that came before calls it at once. */
  onStop(stop: (name: SignalName) => void): void {
    this.#stop = stop
    if (this.#asked !== undefined) stop(this.#asked)
  }

  /** A signal that is not for us has turned out to ask for the end. */
  stopBy(name: SignalName): void {
    this.#ask(name)
    this.#stop?.(name)
  }

  /** The end was asked for without a signal: by a command of systemd's that has stopped the container. */
  noteStop(): void {
    this.#ask('SIGTERM')
  }

  /** From now on a signal that is not for us calls `other`. */
  onOther(other: (name: NodeJS.Signals) => void): void {
    this.#other = other
  }

  /** Takes note of a signal. */
  take(name: NodeJS.Signals): void {
    if (isStopping(name)) {
      this.#ask(name)
      if (this.#stop === undefined) this.#controller.abort(new StoppedError(name))
      else this.#stop(name)
    } else if (this.#other === undefined) {
      if (this.#ofSystemd.has(name)) this.#ask(name)
      this.#controller.abort(new StoppedError(name))
    } else this.#other(name)
  }

  #ask(name: SignalName): void {
    this.#asked ??= name
    this.#stopping.abort()
  }

  /**
   * Listens to this process's signals until the function that it returns is called, which gives them their default
   * effect back.
   */
  listen(process: NodeJS.Process = globalThis.process): () => void {
    const heard = new Set<SignalName>()
    const take = (name: NodeJS.Signals): void => {
      this.take(name)
    }
    this.#hear = (names) => {
      for (const name of names) if (!heard.has(name)) process.on(name, take)
      for (const name of names) heard.add(name)
    }
    this.#hear([...STOPPING, ...PASSED_ON])
    return () => {
      for (const name of heard) process.removeListener(name, take)
      this.#hear = () => undefined
    }
  }

  /** Listens to a signal as well that is not for us. */
  hearToo(name: SignalName): void {
    if (!NEVER_HEARD.includes(name)) this.#hear([name])
  }

  /** Listens to these as well: signals by which systemd stops the unit. There are some that nobody hears. */
  hear(names: readonly SignalName[]): void {
    for (const name of names) this.#ofSystemd.add(name)
    this.#hear(names.filter((name) => !NEVER_HEARD.includes(name)))
  }
}

function isStopping(name: NodeJS.Signals): boolean {
  return (STOPPING as readonly string[]).includes(name)
}
