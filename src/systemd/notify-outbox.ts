import type {Claims, Field} from './notify-filter.js'

/** The order in which the fields of a message are sent, those of its state apart. */
const STATES: readonly Field[] = ['READY', 'RELOADING', 'MONOTONIC_USEC', 'STOPPING']

/**
 * What is still to be sent to systemd. It never has more than a few messages, whatever is put into it: of each field
 * the newest value, and of the states of the unit those that systemd has to hear of one after the other.
 */
export class NotifyOutbox {
  readonly #states: ('READY' | 'RELOADING' | 'STOPPING')[] = []
  readonly #fields = new Map<Field, string>()
  /** When the last reload began that is still to be told, by CLOCK_MONOTONIC. */
  #reloadedAt = ''

  get isEmpty(): boolean {
    return this.#states.length === 0 && this.#fields.size === 0
  }

  /** Puts in what one message claims. */
  add(claims: Claims): void {
    for (const [field, value] of claims) {
      if (field === 'READY' || field === 'STOPPING') this.#state(field)
      else if (field === 'RELOADING') this.#state(field, claims.get('MONOTONIC_USEC'))
      else if (field === 'WATCHDOG' && this.#fields.get(field) === 'trigger') continue
      else if (!STATES.includes(field)) this.#fields.set(field, value)
    }
  }

  /** Takes back what is no longer to be sent. */
  forget(field: Field): void {
    this.#fields.delete(field)
    for (let at = this.#states.length - 1; at >= 0; at--) if (this.#states[at] === field) this.#states.splice(at, 1)
  }

  /** Takes the next message out, an assignment each; nothing where there is none. */
  take(): string[] | undefined {
    if (this.isEmpty) return undefined
    const state = this.#states.shift()
    const assignments = state === undefined ? [] : [`${state}=1`]
    if (state === 'RELOADING') assignments.push(`MONOTONIC_USEC=${this.#reloadedAt}`)
    for (const [field, value] of this.#fields) assignments.push(`${field}=${value}`)
    this.#fields.clear()
    return assignments
  }

  /** The same state twice is one; a reload that has ended before it was told of is none if another one has begun. */
  #state(state: 'READY' | 'RELOADING' | 'STOPPING', at?: string): void {
    const states = this.#states
    if (state === 'RELOADING') {
      this.#reloadedAt = at ?? ''
      if (states.at(-1) === 'READY' && states.at(-2) === 'RELOADING') states.splice(-2)
    }
    if (state === 'STOPPING' ? !states.includes(state) : states.at(-1) !== state) states.push(state)
  }
}
