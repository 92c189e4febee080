import type {OptionDeclarations} from '../options/option.js'

/** The options before `run` that belong to the run itself and not to a plugin. */
export const OWN_OPTIONS = {
  'dry-run': {
    kind: 'boolean',
    summary: 'print, as JSON, what would be asked of the Engine and done to the host, and do nothing',
  },
} as const satisfies OptionDeclarations
