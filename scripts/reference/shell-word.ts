/** A word of a POSIX shell, whatever is in it (POSIX, Shell Command Language, 2.2.2). */
export function shellWord(text: string): string {
  return /^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
