import {engineJournal} from '../logs/engine-journal.js'
import {forwardingInput} from '../logs/forwarding-input.js'
import {partsOf} from '../logs/parts.js'
import {whereItFits} from '../logs/where-it-fits.js'
import {wayBeforehand} from '../logs/way.js'
import {defineRunPlugin} from '../pipeline/contract.js'

/** The container's output goes to the journal, by one way or another; with `-i` our input becomes the container's. */
export const logForwarding = defineRunPlugin({
  name: 'log-forwarding',
  options: {
    logs: {
      kind: 'boolean',
      char: 'l',
      modes: ['stream', 'journal', 'native'],
      default: true,
      summary:
        "send the container's output to the journal: --logs=stream through the unit's own standard output and error, --logs=journal by Docker's journald driver, --logs=native with fields of the container's own; --logs=false leaves it to Docker's log driver",
    },
  },
  setup({logs: said}, host) {
    const way = wayBeforehand(said, host)
    if (way === false) return undefined
    if (host.handover || host.detached !== undefined) return engineJournal(host, said === 'journal')
    const parts = [way === 'journal' ? engineJournal(host, true) : whereItFits(host, way), forwardingInput(host)]
    return partsOf(() => parts)
  },
})
