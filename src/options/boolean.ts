const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

/** The value of a switch written Go's way (`strconv.ParseBool`, which docker uses too), or nothing when it is none. */
export function parseBoolean(text: string): boolean | undefined {
  if (TRUE.has(text)) return true
  return FALSE.has(text) ? false : undefined
}

/** The value of a switch: one of its modes by its name, else as {@link parseBoolean} has it. */
export function parseSwitch(text: string, modes: readonly string[] = []): boolean | string | undefined {
  return modes.includes(text) ? text : parseBoolean(text)
}

/** What a switch takes, in words. */
export function wordsOfSwitch(modes: readonly string[] = []): string {
  const words = ['true', 'false', ...modes]
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
}
