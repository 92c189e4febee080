import {subscribe} from 'node:diagnostics_channel'
import {Answer, SWITCHING} from '../docker/http/exchange.js'
import {QUESTIONS, type AskedQuestion} from '../docker/http/modem.js'
import {SystemdDockerError, reason} from '../errors.js'
import {PHASES, type Phase, type RunHooks} from './contract.js'
import type {Member} from './pipeline.js'

/** Says a line to who looks for a fault. */
type Say = (line: string) => void

/**
 * Says of each question to the Engine at `socket` what was asked and how long the answer took to begin. The query may
 * have values in it and is left out.
 */
export function traceEngine(say: Say, socket: string): void {
  subscribe(QUESTIONS, (message) => {
    const {socketPath, method, path, answered} = message as AskedQuestion
    if (socketPath !== socket) return
    const begun = performance.now()
    const asked = `Engine: ${method} ${path.split('?', 1)[0] ?? ''}`
    const tell = (what: string): void => {
      say(`${asked}: ${what} after ${since(begun)}`)
    }
    answered.then(
      (answer) => {
        tell(String(answer instanceof Answer ? answer.statusCode : SWITCHING))
      },
      (error: unknown) => {
        tell(reason(error))
      },
    )
  })
}

/** The plugins, each saying when a phase of its own begins and how long it took. */
export function traced(members: readonly Member[], say: Say): Member[] {
  // A proxy of the hooks themselves could not give others in place of those that are frozen.
  return members.map(({name, hooks}) => ({name, hooks: new Proxy({}, {get: hookOf(name, hooks, say)})}))
}

function hookOf(name: string, hooks: Partial<RunHooks>, say: Say) {
  return (_: object, property: string | symbol): unknown => {
    const hook: unknown = Reflect.get(hooks, property)
    if (typeof hook !== 'function') return hook
    if (!PHASES.includes(property as Phase)) return (): unknown => Reflect.apply(hook, hooks, [])
    return async (...words: unknown[]): Promise<unknown> => {
      const begun = performance.now()
      say(`${String(property)}: ${name} begins`)
      try {
        return await (Reflect.apply(hook, hooks, words) as Promise<unknown>)
      } finally {
        say(`${String(property)}: ${name} took ${since(begun)}`)
      }
    }
  }
}

/** The stack of what was thrown and of what caused it, a line each. */
export function traceError(say: Say, thrown: unknown): void {
  for (let error = thrown; error instanceof Error; error = error.cause)
    for (const line of (error.stack ?? error.message).split('\n')) say(withCode(line, error))
}

/** V8 has the first line of a stack before an error of ours has its code. */
function withCode(line: string, error: Error): string {
  const {name} = error
  return error instanceof SystemdDockerError && line.startsWith(`${name}: `)
    ? `${name} [${error.code}]${line.slice(name.length)}`
    : line
}

function since(begun: number): string {
  return `${(performance.now() - begun).toFixed(1)} ms`
}
