import {constants} from 'node:os'

/** A signal's name; the real-time ones (signal(7)) are called as by kill(1), as Node has no names for them. */
export type SignalName = NodeJS.Signals | `SIGRT${'MIN' | 'MAX'}${string}`

/** The first real-time signal that glibc leaves to programs (signal(7), `SIGRTMIN`), and the last. */
const FIRST_REALTIME = 34
const LAST_REALTIME = 64
/** The last one that is counted from the first, and not back from the last one. */
const COUNTED_FROM_FIRST = 49

let known: ReadonlyMap<string, number> | undefined

/** The numbers of all signals by their names. */
function numbers(): ReadonlyMap<string, number> {
  return (known ??= new Map([
    ...Object.entries(constants.signals),
    ...Array.from({length: LAST_REALTIME - FIRST_REALTIME + 1}, (_, index): [string, number] => {
      const number = FIRST_REALTIME + index
      return [realtimeName(number), number]
    }),
  ]))
}

function realtimeName(number: number): SignalName {
  if (number > COUNTED_FROM_FIRST)
    return `SIGRTMAX${number === LAST_REALTIME ? '' : `-${String(LAST_REALTIME - number)}`}`
  return `SIGRTMIN${number === FIRST_REALTIME ? '' : `+${String(number - FIRST_REALTIME)}`}`
}

/** A signal by any of the names that an image may give it: `SIGQUIT`, `quit`, `3`; nothing where it is none. */
export function signalOf(name: string): SignalName | undefined {
  const upper = name.toUpperCase()
  for (const [signal, number] of numbers())
    if (signal === upper || signal === `SIG${upper}` || String(number) === upper) return signal as SignalName
  return undefined
}

/** Whether it is a real-time signal (signal(7)), which no program that runs on Node can handle. */
export function isRealtime(name: SignalName): boolean {
  return signalNumber(name) >= FIRST_REALTIME
}

/** A signal's number on this host. */
export function signalNumber(name: SignalName): number {
  return numbers().get(name) ?? NaN
}
