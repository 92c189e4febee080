/** What a container says last. */
export const LAST_LINE = 'this was all'

/** A unit whose container says nothing before a file is there. */
export interface Watched {
  readonly unit: string
  readonly go: string
  /** How much it says then. */
  readonly bytes: number
  /** Who takes part in that, by what they are called; the unit's own process is the first. */
  readonly pids: Readonly<Record<string, number>>
  /** Whether all is there once the journal has it, else once the unit's own process has written it. */
  readonly toJournal: boolean
}

/** What it took until all was there. */
export interface UnitMeasures {
  readonly seconds: number
  readonly cpuSeconds: Readonly<Record<string, number>>
  readonly peakMebibytes: number
}
