import {engineJournal} from '../logs/engine-journal.js'
import {forwarding} from '../logs/forwarding.js'
import {forwardingInput} from '../logs/forwarding-input.js'
import {partsOf} from '../logs/parts.js'
import {defineRunPlugin} from '../pipeline/contract.js'

/**
 * The container's output becomes ours, which systemd puts into the journal; with `-i` our input becomes the
 * container's.
 */
export const logForwarding = defineRunPlugin({
  name: 'log-forwarding',
  options: {
    logs: {
      kind: 'boolean',
      char: 'l',
      default: true,
      summary: "forward the container's output to the journal; --logs=false leaves it to Docker's log driver",
    },
  },
  setup({logs}, host) {
    const {unit, handover, detached} = host
    if (!logs) return undefined
    if (handover) return engineJournal(unit)
    if (detached === undefined) {
      const parts = [forwarding(host), forwardingInput(host)]
      return partsOf(() => parts)
    }
    // The output of what runs beside the unit's own process is Docker's alone, and so is that in a user's unit.
    return detached.role === 'helper' || unit?.manager === 'user' ? undefined : engineJournal(unit)
  },
})
