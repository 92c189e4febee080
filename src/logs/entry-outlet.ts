import {DefectError} from '../errors.js'
import type {Host, RunHooks} from '../pipeline/contract.js'
import type {OutletMaker} from './outlet.js'
import type {EntryWords} from './priority/parse.js'

/** What standard error has anyway. */
const USUAL_PRIORITIES = ['info', '6']

/** The options by which the line says something of entries that the outputs of a run do not have by themselves. */
function entryOptions({stderrPriority = 'info', levelFrom, multiline}: EntryWords): readonly string[] {
  return [
    ...(USUAL_PRIORITIES.includes(stderrPriority) ? [] : ['--stderr-priority']),
    ...(levelFrom === undefined ? [] : ['--log-level-from']),
    ...(multiline === undefined ? [] : ['--multiline']),
  ]
}

/**
 * What makes entries of the container's output before they go to the journal: for the journal's own socket, or where
 * the line says something of entries. Nothing where the output can go as it comes.
 */
export function entryOutlet(host: Host, isNative: boolean, words: EntryWords): OutletMaker | undefined {
  const options = entryOptions(words)
  if (!isNative && options.length === 0) return undefined
  let open: OutletMaker['open'] | undefined
  return {
    async resolve({request}) {
      // Few runs make entries themselves.
      const {prepareNative, prepareStream} = await import('./entries.js')
      open = isNative
        ? await prepareNative(host, words, request.body.HostConfig.LogConfig.Config)
        : await prepareStream(host, words, options)
    },
    open: (container, context) => {
      if (open === undefined) throw new DefectError('the container starts before its line was read')
      return open(container, context)
    },
    what: isNative
      ? "write the container's output to the journal, with fields of its own"
      : "forward the container's output to standard output and standard error, with a priority before each line",
  }
}

/** Where the Engine writes the entries they are as it makes them, whatever the line says. */
export function entriesByEngine({log}: Pick<Host, 'log'>, words: EntryWords): Partial<RunHooks> {
  const options = entryOptions(words)
  if (options.length === 0) return {}
  return {
    async resolve() {
      const {parseEntryRules} = await import('./entries.js')
      await parseEntryRules(words)
    },
    start() {
      log.warn(
        `${options.join(' and ')} ${options.length === 1 ? 'has' : 'have'} no effect, because Docker's journald driver writes the container's output to the journal`,
      )
    },
  }
}
