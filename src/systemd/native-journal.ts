import type {DatagramSender, OpenDatagramSender, Sent} from './datagram-socket.js'

/** Where journald takes entries (systemd-journald.service(8)). */
export const JOURNAL_SOCKET = '/run/systemd/journal/socket'
/** The longest name of a field, in characters (systemd, src/libsystemd/sd-journal/journal-file.c). */
const LONGEST_NAME = 64
const NEWLINE = 0x0a
const ZERO = 0x30
const PRIORITY = Buffer.from('PRIORITY=0\n')
const TEXT = Buffer.from('MESSAGE=')
const LONG_TEXT = Buffer.from('MESSAGE\n')
const LENGTH_BYTES = 8
/** How many bytes an entry's priority and text take besides the text. */
const BESIDE = PRIORITY.length + LONG_TEXT.length + LENGTH_BYTES + 1

/**
 * Entries of the journal as its native protocol has them, which sd_journal_sendv(3) speaks, too: a datagram each, or a
 * file in memory where that would be too long.
 */
export class NativeJournal {
  readonly #sender: DatagramSender
  readonly #fieldsBytes: number
  /** Begins with the fields of all entries and their priority; the text of each is put behind. */
  #datagram: Buffer

  /**
   * @param path journald's socket
   * @param fields what every entry has besides, by names that {@link isFieldName} is true of
   * @throws an error with the system's `code` where journald is not there
   */
  constructor(open: OpenDatagramSender, path: string, fields: ReadonlyMap<string, string>) {
    const bytes = Buffer.concat([...fields].map(([name, value]) => fieldOf(name, Buffer.from(value))))
    this.#fieldsBytes = bytes.length
    this.#datagram = Buffer.concat([bytes, PRIORITY, Buffer.alloc(4096)])
    this.#sender = open(path)
  }

  /** Sends an entry; where it was not `sent`, it may be tried again. @throws an error with the system's `code` */
  send(priority: number, text: Buffer): Exclude<Sent, 'too-long'> {
    const length = this.#write(priority, text)
    const sent = this.#sender.send(this.#datagram, length)
    if (sent !== 'too-long') return sent
    const filed = this.#sender.sendAsFile(this.#datagram.subarray(0, length))
    // What comes with a descriptor is never longer than that.
    return filed === 'too-long' ? 'full' : filed
  }

  close(): void {
    this.#sender.close()
  }

  /** Puts an entry together; how many bytes it has. */
  #write(priority: number, text: Buffer): number {
    const most = this.#fieldsBytes + BESIDE + text.length
    if (this.#datagram.length < most) {
      const longer = Buffer.alloc(most * 2)
      this.#datagram.copy(longer, 0, 0, this.#fieldsBytes + PRIORITY.length)
      this.#datagram = longer
    }
    const datagram = this.#datagram
    let at = this.#fieldsBytes + PRIORITY.length
    datagram[at - 2] = ZERO + priority
    if (text.includes(NEWLINE)) {
      at += LONG_TEXT.copy(datagram, at)
      at = datagram.writeBigUInt64LE(BigInt(text.length), at)
    } else at += TEXT.copy(datagram, at)
    at += text.copy(datagram, at)
    datagram[at] = NEWLINE
    return at + 1
  }
}

/** Whether a field may have that name (systemd.journal-fields(7)): it does not begin with `_`, which is journald's. */
export function isFieldName(name: string): boolean {
  return name.length <= LONGEST_NAME && /^[A-Z][A-Z0-9_]*$/.test(name)
}

function fieldOf(name: string, value: Buffer): Buffer {
  const end = Buffer.from('\n')
  if (!value.includes(NEWLINE)) return Buffer.concat([Buffer.from(`${name}=`), value, end])
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeBigUInt64LE(BigInt(value.length))
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, end])
}
