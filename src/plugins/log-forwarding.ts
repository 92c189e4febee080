import {engineJournal} from '../logs/engine-journal.js'
import {entriesByEngine} from '../logs/entry-outlet.js'
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
    'stderr-priority': {
      kind: 'string',
      valueName: 'PRIORITY',
      summary:
        'the priority of lines on standard error that have none of their own: emerg to debug, or 0 to 7; without it, info',
    },
    'log-level-from': {
      kind: 'string',
      valueName: 'json[:FIELD]|logfmt|regex:/REGEX/',
      summary: 'take the priority of a line from the level that its text says',
    },
    multiline: {
      kind: 'string',
      valueName: '/REGEX/',
      summary:
        'begin an entry with each line that matches, and let other lines go on the one before, such as those of a stack trace',
    },
  },
  setup({logs: said, 'stderr-priority': stderrPriority, 'log-level-from': levelFrom, multiline}, host) {
    const way = wayBeforehand(said, host)
    if (way === false) return undefined
    const words = {stderrPriority, levelFrom, multiline}
    const byEngine = [engineJournal(host, said === 'journal'), entriesByEngine(host, words)]
    if (host.handover || host.detached !== undefined) return partsOf(() => byEngine)
    const parts = [...(way === 'journal' ? byEngine : [whereItFits(host, way, words)]), forwardingInput(host)]
    return partsOf(() => parts)
  },
})
