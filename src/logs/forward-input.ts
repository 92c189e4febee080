import type {Duplex, Readable} from 'node:stream'

/** A stream that input comes from; a terminal, where these say so. */
export type InputSource = Readable & {
  readonly isTTY?: boolean
  setRawMode?(isRaw: boolean): unknown
}

/**
 * Feeds a container from one source through one attachment after another, as each life of it needs another. The end of
 * the source is that of the container's input, except for a container with a terminal: the Engine takes the end of such
 * an attachment for that of its client (moby, container/stream/attach.go, `CopyStreams`), and no terminal ends before
 * it hangs up.
 */
export class InputFeed {
  readonly #source: InputSource
  readonly #tty: boolean
  #into: Duplex | undefined

  /** @param tty the container has a terminal */
  constructor(source: InputSource, tty: boolean) {
    this.#source = source
    this.#tty = tty
    // What is typed is for the container's terminal, Ctrl-C too, which echoes it.
    this.#setRaw(true)
    // One that breaks, as the socket of a client that has reset it, is at its end, as for docker's client.
    source.on('error', () => {
      this.#end()
    })
  }

  /** Feeds this attachment from now on, in place of the one before it. */
  into(stream: Duplex): void {
    this.hold()
    this.#into = stream
    // The Engine that dies cuts it. Nothing comes from it but its end.
    stream.on('error', () => undefined).resume()
    if (this.#source.errored) this.#end()
    else this.#source.pipe(stream, {end: !this.#tty})
  }

  /**
   * Keeps what comes from now on for the next attachment. The Engine takes what is written to the one of a life that is
   * over, and drops it.
   */
  hold(): void {
    if (this.#into === undefined) return
    this.#source.unpipe(this.#into)
    this.#into.destroy()
  }

  /** Lets go of the source. */
  close(): void {
    this.hold()
    this.#setRaw(false)
    this.#source.destroy()
  }

  #end(): void {
    if (!this.#tty) this.#into?.end()
  }

  #setRaw(isRaw: boolean): void {
    if (!this.#tty || this.#source.isTTY !== true) return
    this.#source.setRawMode?.(isRaw)
    // Node's raw mode makes CR LF of each LF, which the container's terminal has done, or its program does not want.
    // Its end restores all.
    if (!isRaw) return
    // Few inputs are a terminal's: see systemctl.
    const {spawn} = process.getBuiltinModule('node:child_process')
    spawn('stty', ['-opost'], {stdio: ['inherit', 'ignore', 'ignore']}).on('error', () => undefined)
  }
}
