/** An answer of the Engine is not what the Engine API says it is. */
export class MisreadError extends Error {}

/**
 * A value in an Engine's answer, and where it is in there. What it gives was looked at; what is not as it must be is a
 * {@link MisreadError} that says where, and never an error of JavaScript's. A value that is absent or null is what
 * `otherwise` says, where that is given.
 */
export class Reading {
  readonly #value: unknown
  readonly #place: string

  constructor(value: unknown, place = '') {
    this.#value = value
    this.#place = place
  }

  /** Whether nothing is there. */
  get isAbsent(): boolean {
    return this.#value === undefined || this.#value === null
  }

  /** What an object has by that name; absent where there is no object. */
  at(name: string): Reading {
    const place = this.#place === '' ? name : `${this.#place}.${name}`
    if (this.isAbsent) return new Reading(undefined, place)
    if (!isRecord(this.#value)) return this.#isNot('an object')
    return new Reading(Object.hasOwn(this.#value, name) ? this.#value[name] : undefined, place)
  }

  text(otherwise?: string): string {
    if (this.isAbsent && otherwise !== undefined) return otherwise
    return typeof this.#value === 'string' ? this.#value : this.#isNot('a string')
  }

  flag(otherwise?: boolean): boolean {
    if (this.isAbsent && otherwise !== undefined) return otherwise
    return typeof this.#value === 'boolean' ? this.#value : this.#isNot('true or false')
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number, otherwise?: number): number {
    if (this.isAbsent && otherwise !== undefined) return otherwise
    const value = this.#value
    return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : this.#isNot(`a whole number from ${String(least)} to ${String(most)}`)
  }

  /** What a text matches whole. */
  matching(pattern: RegExp, what: string): string {
    const text = this.text()
    return pattern.test(text) ? text : this.#isNot(what)
  }

  /** A moment as RFC 3339 has it, in milliseconds since 1970. */
  moment(otherwise: number): number {
    if (this.isAbsent) return otherwise
    const moment = Date.parse(this.text())
    return Number.isNaN(moment) ? this.#isNot('a time') : moment
  }

  list(): readonly Reading[] {
    if (this.isAbsent) return []
    if (!Array.isArray(this.#value)) return this.#isNot('a list')
    return this.#value.map((one, index) => new Reading(one, `${this.#place}[${String(index)}]`))
  }

  /** The names that an object has. */
  names(): readonly string[] {
    if (this.isAbsent) return []
    return isRecord(this.#value) ? Object.keys(this.#value) : this.#isNot('an object')
  }

  /** An object all of whose values are texts. */
  texts(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.names().map((name) => [name, this.at(name).text()]))
  }

  #isNot(what: string): never {
    const where = this.#place === '' ? 'it' : this.#place
    throw new MisreadError(this.isAbsent ? `it has no ${where}` : `${where} is not ${what}: ${shown(this.#value)}`)
  }
}

/** What a text of JSON says. @throws {MisreadError} */
export function readJson(text: string): Reading {
  try {
    return new Reading(JSON.parse(text))
  } catch {
    throw new MisreadError(`it is not JSON: ${shown(text)}`)
  }
}

/** As much of a value as a message takes. */
function shown(value: unknown): string {
  const text = Buffer.isBuffer(value) ? value.toString() : value
  return JSON.stringify(text).slice(0, 80)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
}
