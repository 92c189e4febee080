import {isNotAttachable} from '../docker/engine.js'
import {reason} from '../errors.js'
import type {CreatedContainer, Host, RunHooks} from '../pipeline/contract.js'
import {InputFeed} from './forward-input.js'

/** With `-i` our input becomes the container's, by this process, which stays for it. */
export function forwardingInput({engine, log}: Pick<Host, 'engine' | 'log'>): Partial<RunHooks> {
  let isInteractive = false
  let input: InputFeed | undefined
  const closed = new AbortController()
  /** In the background. An input that nobody takes stops nothing. */
  const connectAgain = ({id}: CreatedContainer): void => {
    if (input === undefined) return
    const feed = input
    engine.attach(id, 'input', closed.signal).then(
      (stream) => {
        feed.into(stream)
      },
      (error: unknown) => {
        if (!closed.signal.aborted) log.warn(`standard input is not connected any more: ${reason(error)}`)
      },
    )
  }
  return {
    resolve({request: {body}}) {
      isInteractive = body.OpenStdin && body.AttachStdin
    },
    async start({container, signal, defer}) {
      if (!isInteractive) return
      const feed = (input = new InputFeed(process.stdin, container.tty))
      defer('let go of standard input', () => {
        closed.abort()
        feed.close()
      })
      try {
        feed.into(await engine.attach(container.id, 'input', signal))
      } catch (error) {
        if (!isNotAttachable(error)) throw error
        log.warn(`standard input is not connected: ${reason(error)}`)
      }
    },
    restarted({container}) {
      input?.hold()
      connectAgain(container)
    },
    reconnected({container}) {
      connectAgain(container)
    },
    resident: () => (isInteractive ? 'it forwards standard input to the container' : undefined),
  }
}
