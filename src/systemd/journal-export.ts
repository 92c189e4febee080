const NEWLINE = 10
const LENGTH_BYTES = 8

/** The fields of an entry, by their names. */
export type ExportedEntry = ReadonlyMap<string, Buffer>

/**
 * The entries of a text in systemd's Journal Export Format (systemd.io, "Journal Export Formats"). One whose end is
 * missing is left out.
 */
export function readExport(text: Buffer): ExportedEntry[] {
  const entries: ExportedEntry[] = []
  let fields = new Map<string, Buffer>()
  for (let from = 0; from < text.length;) {
    const end = text.indexOf(NEWLINE, from)
    if (end === -1) break
    const line = text.subarray(from, end)
    const equals = line.indexOf('=')
    from = end + 1
    if (line.length === 0) {
      if (fields.size > 0) entries.push(fields)
      fields = new Map()
    } else if (equals === -1) {
      if (text.length - from < LENGTH_BYTES) break
      const begin = from + LENGTH_BYTES
      const length = Number(text.readBigUInt64LE(from))
      fields.set(line.toString(), text.subarray(begin, begin + length))
      from = begin + length + 1
    } else fields.set(line.subarray(0, equals).toString(), line.subarray(equals + 1))
  }
  return entries
}
