import type {ContainerEvent} from '../../../src/docker/engine.js'

/** The Engine's events of a container, one after the other, and then the end of their stream. */
export async function* eventsOf<Event extends ContainerEvent>(...events: readonly Event[]): AsyncGenerator<Event> {
  for (const event of events) yield await Promise.resolve(event)
}
