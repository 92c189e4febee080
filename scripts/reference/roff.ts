/** How roff is told of letters that have a meaning to it, or that it would print as others, or not in every locale. */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': String.raw`\e`,
  '-': String.raw`\-`,
  "'": String.raw`\(aq`,
  '`': String.raw`\(ga`,
  '^': String.raw`\(ha`,
  '~': String.raw`\(ti`,
  '"': String.raw`\(dq`,
  '…': '...',
}

/**
 * Text as roff prints it in a line, letter for letter (groff_char(7); groff(7), "Escapes"): a hyphen is one that can be
 * copied to a command line.
 */
export function escapeRoff(text: string): string {
  return Array.from(text, (letter) => {
    if (Object.hasOwn(ESCAPES, letter)) return ESCAPES[letter]
    const code = letter.codePointAt(0) ?? 0
    return code < 0x7f ? letter : `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`
  }).join('')
}

/** What is code in a sentence of help, what an option, and what a setting of a unit. */
const SPECIAL = /`([^`]+)`|(?<![\w-])(--?[a-z][\w-]*(?:=[a-z]+)?)|\b([A-Z][a-z]\w*=\w*)/
/** How what stands between these is written, and each of them. */
const FONTS = [escapeRoff, bold, bold, italic]

/**
 * Sentences of help, a line each and none a request, with code and options in bold, and settings in italics, as in
 * systemd's pages.
 */
export function prose(text: string): string[] {
  return text.split(/(?<=\.) (?=[A-Z])/).map((one) =>
    one
      .split(SPECIAL)
      // A group that has not matched is undefined.
      .map((part: string | undefined, index) => (part ? FONTS[index % FONTS.length]?.(part) : ''))
      .join('')
      .replace(/^\./, String.raw`\&.`),
  )
}

export function bold(text: string): string {
  return `\\fB${escapeRoff(text)}\\fR`
}

export function italic(text: string): string {
  return `\\fI${escapeRoff(text)}\\fR`
}
