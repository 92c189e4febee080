import type {ContainerEvent, RememberedEnd} from './engine.js'
import {readJson, type Reading} from './reading.js'

const NANOSECONDS = 1e6
/** What the Engine puts before what a container's health has become, in the action of an event. */
const HEALTH_STATUS = 'health_status'
/** What a container's health may become while it runs. */
const HEALTH = ['healthy', 'unhealthy'] as const
/** The highest signal there is (signal(7)). */
const LAST_SIGNAL = 64

/** The actions of the events that tell of a container's health. Docker takes each word of a filter as a whole. */
export const HEALTH_ACTIONS: readonly string[] = HEALTH.map((status) => `${HEALTH_STATUS}: ${status}`)

/** A message of `GET /events` (Engine API, `EventMessage`), as it is. */
interface Message {
  readonly action: string
  readonly id: string
  /** In milliseconds since 1970. */
  readonly at: number
  readonly attributes: Readonly<Record<string, string>>
}

/**
 * The events of the Engine's stream, which has one JSON object a line. Ends when the stream does, also when it is cut
 * or says what is no event.
 *
 * Of an event's attributes only those are taken that are the Engine's own word: it lays the container's labels, which
 * an image may bring, over all of them but `image` and `name` (moby, daemon/events.go). A label that is called as an
 * attribute of one kind of event stands in every other kind as well, and gives itself away so.
 */
export async function* parseEvents(stream: AsyncIterable<unknown>): AsyncGenerator<ContainerEvent> {
  let isSignalForged = false
  for await (const {action, at, attributes} of messagesOf(stream)) {
    if (action !== 'kill' && Object.hasOwn(attributes, 'signal')) isSignalForged = true
    const signal = action === 'kill' && !isSignalForged ? numberOf(attributes['signal'], LAST_SIGNAL) : undefined
    const name = attributes['name']
    const health = HEALTH.find((status) => action === `${HEALTH_STATUS}: ${status}`)
    if (health !== undefined) yield {action: HEALTH_STATUS, at, health}
    else yield {action, at, ...(name === undefined ? {} : {name}), ...(signal === undefined ? {} : {signal})}
  }
}

/**
 * The ends of containers that a stream tells of, which has all other kinds of their events as well. The status and the
 * signals are there where the Engine itself has said them: where an event of that container that has none of its own
 * has none by its labels.
 */
export async function parseEnds(stream: AsyncIterable<unknown>): Promise<RememberedEnd[]> {
  const messages: Message[] = []
  for await (const message of messagesOf(stream)) messages.push(message)
  const plain = messages.filter(({action}) => !isEnd(action) && action !== 'kill')
  const labels = new Map(plain.map(({id, attributes}) => [id, attributes]))
  const sent = new Map<string, Set<number>>()
  return messages.flatMap(({action, id, at, attributes}) => {
    const known = labels.get(id)
    const isTrueOf = (name: string): boolean => known !== undefined && !Object.hasOwn(known, name)
    if (action === 'start') sent.delete(id)
    if (action === 'kill' && isTrueOf('signal')) {
      const signal = numberOf(attributes['signal'], LAST_SIGNAL)
      if (signal !== undefined) sent.set(id, new Set([...(sent.get(id) ?? []), signal]))
    }
    if (!isEnd(action)) return []
    return {
      id,
      at,
      name: attributes['name'] ?? '',
      labels: known ?? attributes,
      exitCode: isTrueOf('exitCode') ? numberOf(attributes['exitCode'], 255) : undefined,
      sent: sent.get(id) ?? new Set<number>(),
    }
  })
}

function isEnd(action: string): boolean {
  return action === 'die' || action === 'died'
}

async function* messagesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Message> {
  let rest = ''
  try {
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') yield messageOf(readJson(line))
    }
  } catch {
    // An Engine that dies cuts the stream; whoever follows the container asks again.
    return
  }
}

function messageOf(message: Reading): Message {
  const actor = message.at('Actor')
  return {
    action: message.at('Action').text(),
    id: actor.at('ID').text(''),
    at: message.at('timeNano').whole(0, Infinity, 0) / NANOSECONDS,
    attributes: actor.at('Attributes').texts(),
  }
}

/** A whole number up to `most` as the Engine writes it; nothing where it is none. */
function numberOf(text: string | undefined, most: number): number | undefined {
  return text !== undefined && /^\d{1,3}$/.test(text) && Number(text) <= most ? Number(text) : undefined
}
