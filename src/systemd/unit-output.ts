/**
 * Whose the standard output and error of this process are, which systemd has connected to the journal or to something
 * else: they are one stream, in which a word of ours would come into a line of the container's that is not finished.
 */
export class UnitOutput {
  /** Whether systemd takes the `<N>` before a line for its priority (systemd.exec(5), `SyslogLevelPrefix=`). */
  takesPrefix = true
  #isContainers = false
  #isUnfinished = false
  #wasContainers = false
  #waiting: (() => void)[] = []

  /**
   * Whether a word of ours that is said now stands by itself there, and is read as it is meant; behind all that the
   * container has said.
   */
  get isFree(): boolean {
    return !this.#isContainers && !this.#isUnfinished && this.takesPrefix
  }

  /** Whether something of a container's has come or may have come there. */
  get wasContainers(): boolean {
    return this.#wasContainers
  }

  /** From now on the container's output comes there. */
  begin(): void {
    this.#isContainers = true
    this.#wasContainers = true
  }

  /** All of the container's output is there, and its last line is finished or not. */
  end(isFinished: boolean): void {
    this.#isContainers = false
    this.#isUnfinished = !isFinished
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves when all of the container's output is there. */
  async ended(): Promise<void> {
    if (this.#isContainers) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

/** That of this process. */
export const unitOutput = new UnitOutput()
