/**
 * What this program uses of the global `performance`, for which Node would load all of `perf_hooks`. The bundles have
 * this one in its place.
 */
export const performance = {
  /** Milliseconds since this process began. */
  now: (): number => process.uptime() * 1000,
  /** When that was, in milliseconds since 1970. */
  get timeOrigin(): number {
    return Date.now() - process.uptime() * 1000
  },
}
