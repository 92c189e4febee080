import type {} from '@oclif/core/hooks'
import type {RunPlugin} from './contract.js'

declare module '@oclif/core/hooks' {
  interface Hooks {
    /** Asks every installed oclif plugin which plugins it brings for the run's pipeline. */
    'run:plugins': {options: Record<string, unknown>; return: readonly RunPlugin[]}
  }
}
