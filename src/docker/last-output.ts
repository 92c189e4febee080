import type {Readable} from 'node:stream'
import {LAST_OUTPUT_MS} from '../limits.js'
import {askWithTimeout} from '../timing.js'
import type {Engine} from './engine.js'
import {LogMessages} from './log-messages.js'
import {plainWords} from './plain-words.js'

/** How many of the log's last messages are asked for: a line that is longer than 16 KiB is several. */
const MESSAGES = 20
/** How many of its lines are given. */
const LINES = 3
/** How much of a line is kept, in characters. */
const LINE_MOST = 200
/** How much of Docker's log is read at most: what it keeps of that many messages. */
const READ_MOST = MESSAGES * 17 * 1024

/**
 * The last three lines of a container's output, as Docker's log has them, in one line of text: for a message that says
 * why the container is not what it should be. Empty if it has said nothing, or if Docker keeps no log that can be read.
 */
export async function lastOutput(
  engine: Engine,
  {id, tty}: {readonly id: string; readonly tty: boolean},
  signal: AbortSignal,
): Promise<string> {
  try {
    return await askWithTimeout(
      signal,
      LAST_OUTPUT_MS,
      async (question) => {
        // A moment later, as what it said last may be of this millisecond.
        const until = Date.now() + 1000
        return linesOf(await read(await engine.logs(id, {since: 0, until, tail: MESSAGES}, question), tty))
      },
      () => new Error('the log takes too long'),
    )
  } catch {
    return ''
  }
}

async function read(stream: Readable, tty: boolean): Promise<string> {
  let text = ''
  let size = 0
  const messages = new LogMessages(tty, (message) => (text += message.text.toString()))
  for await (const chunk of stream) {
    messages.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (size > READ_MOST) break
  }
  messages.end()
  return text
}

function linesOf(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => plainWords(line, LINE_MOST))
  return lines
    .filter((line) => line !== '')
    .slice(-LINES)
    .join(' | ')
}
