import {emptyCreateRequest, type CreateRequest} from '../docker/create-request.js'
import type {OptionDeclarations, OptionValues} from '../options/option.js'
import type {FinishContext, Host, ReadyContext, RunContext} from '../pipeline/contract.js'
import {fakeEngine} from './fake-engine.js'
import {recordingLog} from './recording-log.js'

/** What a plugin is set up with, and the lines that it logs. */
export function pluginHost({
  env = {},
  engine = fakeEngine(),
  unit,
  handover = false,
  detached,
  stopping = new AbortController().signal,
}: Partial<Host> = {}): {
  host: Host
  lines: string[]
} {
  const {log, lines} = recordingLog()
  return {host: {env, engine, log, unit, handover, detached, stopping}, lines}
}

/**
 * What a hook is given in every phase, and in `ready` besides; how to undo what it did, in the order that it said so;
 * and what it has told of its wait.
 */
export function hookContext(signal: AbortSignal = new AbortController().signal): {
  context: ReadyContext
  undos: {label: string; undo: () => void | Promise<void>}[]
  told: string[]
} {
  const undos: {label: string; undo: () => void | Promise<void>}[] = []
  const defer: RunContext['defer'] = (label, undo) => {
    undos.push({label, undo})
  }
  const told: string[] = []
  const tell = (answer: string): void => void told.push(answer)
  const extend = (milliseconds: number): void => void told.push(`wait ${String(milliseconds)} ms more`)
  const afterwards = (act: () => void): void => {
    act()
  }
  return {context: {signal, defer, tell, extend, afterwards}, undos, told}
}

/**
 * What `finish` is given for a container that has ended well and has no labels, in what a test says nothing else of.
 */
export function finishContext<Options extends OptionDeclarations>(
  differs: Partial<FinishContext<Options>> = {},
): FinishContext<Options> {
  return {
    signal: new AbortController().signal,
    container: {id: '0123456789ab', name: 'web'},
    labels: {},
    exit: {code: 0},
    options: {} as OptionValues<Options>,
    ...differs,
  }
}

/** A create request for `image` and nothing else. */
export function plainRequest(): CreateRequest {
  return emptyCreateRequest('image', [])
}
