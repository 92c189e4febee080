/** What systemd's specifiers stand for in a unit (systemd.unit(5), "Specifiers"). */
export interface UnitNames {
  /** `%n`, the full name, for example `web@1.service`; nothing outside of any unit. */
  readonly unit: string | undefined
  /** `%H`, the host's name. */
  readonly host: string
}

/**
 * Replaces the specifiers `%n`, `%N`, `%p`, `%i`, `%H` and `%%`. Outside of any unit those of the unit stay as they
 * are, and so does what is no specifier of these.
 */
export function expandSpecifiers(text: string, {unit, host}: UnitNames): string {
  return text.replaceAll(/%([nNpiH%])/g, (written, letter: string) => {
    if (letter === '%') return '%'
    if (letter === 'H') return host
    if (unit === undefined) return written
    const bare = unit.slice(0, unit.lastIndexOf('.'))
    const at = bare.indexOf('@')
    if (letter === 'n') return unit
    if (letter === 'N') return bare
    if (letter === 'p') return at === -1 ? bare : bare.slice(0, at)
    return at === -1 ? '' : bare.slice(at + 1)
  })
}
