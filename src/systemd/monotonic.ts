/**
 * When something happened that systemd gives in microseconds of the kernel's CLOCK_MONOTONIC (systemd.directives(7)),
 * which Node's own clock is, too. In milliseconds since 1970.
 */
export function sinceEpoch(microseconds: number): number {
  return Date.now() - (Number(process.hrtime.bigint()) / 1e6 - microseconds / 1000)
}
