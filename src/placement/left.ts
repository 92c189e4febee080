import type {Placement} from './placement.js'

/** The container stays where Docker puts it, and the log says why. */
export function leftPlacement(why: string, say: () => void): Placement {
  return {
    describe: undefined,
    isInUnit: false,
    whyElsewhere: why,
    prepare: () => undefined,
    beforeStart: () => Promise.resolve(),
    afterStart: () => {
      say()
      return Promise.resolve('elsewhere')
    },
  }
}
