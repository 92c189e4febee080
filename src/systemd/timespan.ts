const UNITS: Readonly<Record<string, number>> = {
  y: 31_557_600_000,
  month: 2_629_800_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  min: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
}

/**
 * A time span as systemctl prints it (systemd.time(7)), such as `1min 30s`, in milliseconds; Infinity for `infinity`,
 * nothing where it is none.
 */
export function millisecondsOf(span: string): number | undefined {
  if (span === 'infinity') return Infinity
  let sum: number | undefined
  for (const [, digits = '', unit = ''] of span.matchAll(/([\d.]+)([a-z]*)/g)) {
    const factor = UNITS[unit === '' ? 'us' : unit]
    if (factor === undefined) return undefined
    sum = (sum ?? 0) + Number(digits) * factor
  }
  return sum
}
