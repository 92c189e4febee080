/** What a line is read in: an empty environment in /srv, but for what is said. */
export function surroundings(said: Partial<OptionContext> = {}): OptionContext {
  return {env: {}, cwd: '/srv', proxies: [], signal: new AbortController().signal, ...said}
}
import type {OptionContext} from '../../../src/docker/run-options/draft.js'
