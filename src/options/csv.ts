/**
 * The fields of one line of comma-separated values (RFC 4180, section 2): a field in double quotes may hold commas, and
 * quotes doubled. Nothing when its quotes are not right.
 */
export function parseCsvRecord(line: string): string[] | undefined {
  const fields: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^,"]*))(,|$)/gy
  for (;;) {
    const match = field.exec(line)
    if (match === null) return undefined
    const [, quoted, plain = '', end] = match
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === '') return fields
  }
}
