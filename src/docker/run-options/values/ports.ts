/** The ports of `80` or `80-89`, or nothing when it is neither. */
export function portsOf(text: string): number[] | undefined {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  const from = Number(first)
  const to = Number(last)
  if (first === '' || from > to || to > 65_535) return undefined
  return Array.from({length: to - from + 1}, (_, offset) => from + offset)
}
