/**
 * What a container has said, on one line that may stand in ours: without what a terminal would obey, or what hides or
 * turns around the words beside it, and at most so many characters of its end.
 */
export function plainWords(said: string, most: number): string {
  const letters = Array.from(said.replaceAll(/[\s\p{C}]+/gu, ' ').trim())
  return letters.length > most ? `…${letters.slice(-most).join('')}` : letters.join('')
}
