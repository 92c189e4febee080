import type {OutputStream} from '../docker/demultiplexer.js'

/** One entry of the journal. */
export interface Entry {
  readonly stream: OutputStream
  /** As syslog has it: from 0, emerg, to 7, debug. */
  readonly priority: number
  /** Without the newline at its end; may hold others where lines were joined. */
  readonly text: Buffer
}

/** What writes entries. */
export interface EntrySink {
  /**
   * Writes entries of one stream, after those that it was given before. Their texts must stay as they are until `done`
   * is called: when all were written, or with why none can be any more.
   */
  take(entries: readonly Entry[], done: (error?: Error | null) => void): void
  /** Lets go of what it writes to. What is not written yet is lost. */
  close(): void
}
