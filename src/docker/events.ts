import type {ContainerEvent} from './engine.js'

/** The part of a message of `GET /events` that is of use (Engine API, `EventMessage`). */
interface Message {
  readonly Action?: string
  readonly timeNano?: number
  readonly Actor?: {readonly Attributes?: Readonly<Record<string, string>>}
}

const NANOSECONDS = 1e6

/** The events of the Engine's stream, which has one JSON object a line. Ends when the stream does, also when it is cut. */
export async function* parseEvents(stream: AsyncIterable<unknown>): AsyncGenerator<ContainerEvent> {
  let rest = ''
  try {
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') yield eventOf(JSON.parse(line) as Message)
    }
  } catch {
    // An Engine that dies cuts the stream; whoever follows the container asks again.
    return
  }
}

function eventOf({Action = '', timeNano = 0, Actor}: Message): ContainerEvent {
  return {action: Action, at: timeNano / NANOSECONDS, attributes: Actor?.Attributes ?? {}}
}
