import {emptyCreateRequest} from '../../../src/docker/create-request.js'
import type {Draft, Effect, Surroundings} from '../../../src/docker/run-options.js'

/** What an option's values come to in a create request for `image` that asks for nothing else; messages call the option `--option`. */
export async function draftOf(
  effect: Effect,
  values: readonly string[],
  around: Surroundings = {env: {}, cwd: '/srv'},
): Promise<Draft> {
  const draft: Draft = {request: emptyCreateRequest('image', []), pull: 'missing'}
  for (const value of values) await effect(draft, value, '--option', around)
  return draft
}
