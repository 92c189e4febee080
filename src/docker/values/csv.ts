/** The fields of one line of comma-separated values (RFC 4180, section 2): a field in double quotes may hold commas, and quotes doubled. */
export function parseCsvRecord(line: string): string[] {
  const fields: string[] = []
  const field = /("(?:[^"]|"")*"|[^,]*)(,|$)/gy
  for (;;) {
    const [, text = '', end = ''] = field.exec(line) ?? []
    fields.push(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text)
    if (end === '') return fields
  }
}
