import type {Hook} from '@oclif/core/hooks'
import {BUILT_IN} from '../plugins/index.js'

/** Answers oclif's event `run:plugins` with the plugins that come with the product, as any other oclif plugin answers with its own. */
export const RUN_PLUGINS: Hook<'run:plugins'> = () => Promise.resolve(BUILT_IN)
