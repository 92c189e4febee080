import {readFileSync} from 'node:fs'
import {createConnection, type Socket} from 'node:net'
import {unitNamesIn} from './unit.js'

/** Where journald takes streams of lines (systemd-journald.service(8)). */
const SOCKET = '/run/systemd/journal/stdout'
const IDENTIFIER = 'systemd-docker'

/**
 * A stream of lines to the journal of this process's own, each with its priority as `<N>` before it, for when none of
 * its outputs is one (sd_journal_stream_fd(3)). The lines are under the unit, as those of its standard output are.
 */
export class JournalStream {
  readonly #socket: Socket
  readonly #otherwise: (text: string) => void
  /** What was written before there was a connection; nothing once there was one. */
  #waiting: string[] | undefined = []

  /**
   * @param otherwise takes the lines where the journal does not
   * @param path journald's socket
   */
  constructor(otherwise: (text: string) => void, path = SOCKET) {
    this.#otherwise = otherwise
    // journald shuts its own side down at once, which ends nothing.
    this.#socket = createConnection({path, allowHalfOpen: true})
    this.#socket.unref()
    this.#socket.on('connect', () => {
      this.#waiting = undefined
    })
    this.#socket.on('error', () => {
      const lost = this.#waiting ?? []
      this.#waiting = undefined
      for (const text of lost) otherwise(text)
    })
    // Its reader looks the process up by its PID when it comes to a line, and the process may be gone by then: of root
    // it believes the unit's name. Lines without a priority are informational; the prefix has effect; and nothing is
    // forwarded elsewhere (systemd, src/journal/journald-stream.c, `stdout_stream_line`).
    this.#socket.write(`${IDENTIFIER}\n${ownUnit()}\n6\n1\n0\n0\n0\n`)
  }

  /** Takes a text of whole lines. */
  readonly write = (text: string): void => {
    if (this.#socket.destroyed) this.#otherwise(text)
    else {
      this.#waiting?.push(text)
      this.#socket.write(text)
    }
  }

  /** Resolves when all was handed over to the journal, or to who takes it otherwise. */
  async flushed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.write('', () => {
        resolve()
      })
    })
  }
}

/** The unit that this process is in; empty in none. */
function ownUnit(): string {
  try {
    return unitNamesIn(readFileSync('/proc/self/cgroup', 'utf8')).unit ?? ''
  } catch {
    return ''
  }
}
