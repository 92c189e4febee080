// How much memory stays with each unit while its container runs: ours, beside others and Nodes that do nothing.
import {readCounts} from './command-line.js'
import {textOf} from './parts/findings.js'
import {COUNTS, memory} from './parts/memory.js'
import {machineOf, withPeers} from './with-peers.js'

const {units, rounds, seconds} = readCounts({units: 0, rounds: 1, seconds: 30})
const counts = units === 0 ? COUNTS : [units]
await withPeers(async (guest) => {
  console.log(`${await machineOf(guest)}\n\n${textOf(await memory(guest, {counts, rounds, seconds}))}`)
})
