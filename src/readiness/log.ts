import {StringDecoder} from 'node:string_decoder'
import {isRunning, type ContainerInspection} from '../docker/engine.js'
import {LogMessages} from '../docker/log-messages.js'
import {NotReadyError, hasErrorCode, reason} from '../errors.js'
import {AWAITED_LOOK_MS} from '../limits.js'
import {sleep} from '../timing.js'
import type {Readiness, WaitContext} from './readiness.js'

/** How much of a line is looked at, in characters: a container may write one that never ends. */
const LINE_MOST = 4096

/** The container is ready when a line of its output, as Docker's log has it, matches this; `what` says it in words. */
export function logReadiness(what: string, pattern: RegExp): Readiness {
  return {
    what,
    async wait(context) {
      const {engine, container, said, signal} = context
      let since: number | undefined
      for (;;) {
        const asked = Date.now()
        try {
          since ??= startOf(await engine.inspect(container.id, signal))
          if (await isIn(context, since, pattern)) return
          since = asked
        } catch (error) {
          signal.throwIfAborted()
          if (hasErrorCode(error, 'ENGINE_REFUSED'))
            throw new NotReadyError(`its output cannot be read: ${reason(error)}`, {cause: error})
          said(reason(error))
        }
        // The Engine has gone away, or the container has ended, which others look after.
        await sleep(AWAITED_LOOK_MS, signal)
        signal.throwIfAborted()
      }
    },
  }
}

/** When its life began, in milliseconds since 1970. */
function startOf(found: ContainerInspection | undefined): number {
  return found !== undefined && isRunning(found) ? Math.max(0, found.startedAt) : 0
}

/** Whether a line matches that the container has written since then; the signal's reason when it aborts. */
async function isIn({engine, container, signal}: WaitContext, since: number, pattern: RegExp): Promise<boolean> {
  const stream = await engine.logs(container.id, {since}, signal)
  const lines = {stdout: new Lines(pattern), stderr: new Lines(pattern)}
  let isFound = false as boolean
  const messages = new LogMessages(container.tty, ({stream: from, text}) => {
    isFound ||= lines[from].matches(text)
  })
  try {
    for await (const chunk of stream) {
      messages.push(chunk as Buffer)
      if (isFound) return true
    }
  } finally {
    stream.destroy()
  }
  return false
}

/** The lines of one stream, put together again from what Docker's log has of them. */
class Lines {
  readonly #pattern: RegExp
  readonly #decoder = new StringDecoder()
  #begun = ''

  constructor(pattern: RegExp) {
    this.#pattern = pattern
  }

  /** Whether a line matches that ends in this text, or the beginning of one that has not ended. */
  matches(text: Buffer): boolean {
    const [first = '', ...others] = this.#decoder.write(text).split('\n')
    const lines = [this.#begun + first, ...others]
    this.#begun = lines.pop()?.slice(0, LINE_MOST) ?? ''
    return lines.some((line) => this.#isMatch(line))
  }

  #isMatch(line: string): boolean {
    return this.#pattern.test(line.slice(0, LINE_MOST).replace(/\r$/, ''))
  }
}
