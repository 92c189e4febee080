import {DefectError} from '../errors.js'
import type {Host} from '../pipeline/contract.js'
import type {OutletMaker} from './outlet.js'

/** The container's output becomes entries of the journal with fields of its own, which this process writes. */
export function nativeOutlet(host: Host): OutletMaker {
  let open: OutletMaker['open'] | undefined
  return {
    async resolve({request}) {
      // Few runs write entries themselves.
      const {prepareNative} = await import('./entries.js')
      open = prepareNative(host, request.body.HostConfig.LogConfig.Config)
    },
    open: (container, context) => {
      if (open === undefined) throw new DefectError('the container starts before its line was read')
      return open(container, context)
    },
    what: "write the container's output to the journal, with fields of the container's own",
  }
}
