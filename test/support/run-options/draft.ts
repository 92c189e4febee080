import {type Draft, type Effect, type OptionContext, emptyDraft} from '../../../src/docker/run-options/draft.js'
import {RUN_OPTIONS} from '../../../src/docker/run-options/table.js'
import {put} from '../../../src/docker/run-options/translate.js'
import {surroundings} from './surroundings.js'

/**
 * What an option's values come to in a create request for `image` that asks for nothing else; messages call the option
 * `--option`.
 */
export async function draftOf(
  effect: Effect,
  values: readonly string[],
  around: Partial<OptionContext> = {},
): Promise<Draft> {
  const draft = emptyDraft('image', [])
  for (const value of values) await effect(draft, value, '--option', surroundings(around))
  return draft
}

/** What a row of the table makes of values. */
export async function draftOfRow(name: string, values: readonly string[]): Promise<Draft> {
  const row = RUN_OPTIONS[name]
  if (row === undefined) throw new Error(`there is no --${name}`)
  const draft = emptyDraft('image', [])
  for (const value of values) await put(draft, name, value, row, surroundings())
  return draft
}
