import {parseArgs} from 'node:util'

const BREAKING_OFF = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The counts that the command line asks for, `--pairs 30`, or their defaults. */
export function readCounts<const Name extends string>(
  defaults: Readonly<Record<Name, number>>,
  args: readonly string[] = process.argv.slice(2),
): Record<Name, number> {
  const names = Object.keys(defaults)
  const {values} = parseArgs({
    args: [...args],
    options: Object.fromEntries(names.map((name) => [name, {type: 'string' as const}])),
  })
  for (const [name, value] of Object.entries(values))
    if (!/^[1-9]\d*$/.test(String(value)))
      throw new Error(`--${name} must be a number from 1 up, not '${String(value)}'`)
  return {...defaults, ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]))}
}

/**
 * Works with what was set up, and takes it down however the work ends. A signal that asks for our end breaks the work
 * off, waits for what is being set up, and is what we die of once everything is down.
 */
export async function workWith<Thing, Answer>(
  setUp: () => Promise<Thing>,
  takeDown: (thing: Thing) => Promise<void>,
  work: (thing: Thing) => Promise<Answer>,
): Promise<Answer> {
  const interruption = listen()
  try {
    const thing = await setUp()
    try {
      interruption.signal.throwIfAborted()
      return await Promise.race([work(thing), interruption.broken])
    } finally {
      await takeDown(thing)
    }
  } finally {
    interruption.unlisten()
  }
}

function listen(): {signal: AbortSignal; broken: Promise<never>; unlisten: () => void} {
  const controller = new AbortController()
  let asked: NodeJS.Signals | undefined
  const broken = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => {
      reject(new Error(`broken off by ${String(asked)}`))
    })
  })
  // It may be broken before anybody waits for it.
  broken.catch(() => undefined)
  const note = (name: NodeJS.Signals): void => {
    asked = name
    controller.abort()
  }
  for (const name of BREAKING_OFF) process.on(name, note)
  const unlisten = (): void => {
    for (const name of BREAKING_OFF) process.off(name, note)
    if (asked !== undefined) process.kill(process.pid, asked)
  }
  return {signal: controller.signal, broken, unlisten}
}
