import type {Engine} from '../docker/engine.js'

/** The container that is to be ready. `tty` says that its output is one raw stream. */
interface AwaitedContainer {
  readonly id: string
  readonly tty: boolean
}

/** What is waited for with. */
export interface WaitContext {
  readonly engine: Engine
  readonly container: AwaitedContainer
  /** How long it took to start the container, in milliseconds, as on a busy host all takes long; absent if unknown. */
  readonly startTook?: number
  /** Is told what the last answer was, in words that go behind a colon. */
  readonly said: (answer: string) => void
  readonly signal: AbortSignal
}

/** What makes a container ready. */
export interface Readiness {
  /** What is waited for, in words that go behind `waiting for`. */
  readonly what: string
  /** Finds out, before the container starts, whether it can ever be ready. @throws {RefusedOptionError} */
  check?(context: Pick<WaitContext, 'engine' | 'container' | 'signal'>): Promise<void>
  /**
   * Resolves as soon as the container is ready. @throws {NotReadyError} when it never will be, and the signal's reason
   */
  wait(context: WaitContext): Promise<void>
}
