// How long many units take that are started at once, and what that costs the host: ours, beside others'.
import {readCounts} from './command-line.js'
import {textOf} from './parts/findings.js'
import {together} from './parts/together.js'
import {machineOf, withPeers} from './with-peers.js'

const {units, rounds} = readCounts({units: 100, rounds: 3})
await withPeers(async (guest) => {
  console.log(`${await machineOf(guest)}\n\n${textOf(await together(guest, units, rounds))}`)
})
