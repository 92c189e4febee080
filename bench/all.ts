// `npm run bench`: measures us beside others, and writes docs/benchmarks.md.
import {readCounts} from './command-line.js'
import {writePage, type Section} from './page/page.js'
import {textOf, type Findings} from './parts/findings.js'
import {COUNTS, memory} from './parts/memory.js'
import {output} from './parts/output.js'
import {starting} from './parts/starting.js'
import {together} from './parts/together.js'
import {machineOf, withPeers} from './with-peers.js'

const {
  starts,
  rounds,
  units,
  seconds,
  megabytes,
  'journal-megabytes': toJournal,
} = readCounts({
  starts: 40,
  rounds: 3,
  units: 100,
  seconds: 30,
  megabytes: 1000,
  'journal-megabytes': 50,
})
await withPeers(async (guest) => {
  const machine = await machineOf(guest)
  console.log(machine)
  const sections: Section[] = []
  const add = (command: string, findings: Findings): void => {
    console.log(`\n${textOf(findings)}`)
    sections.push({command, findings})
  }
  add(`npm run bench -- --starts ${String(starts)}`, await starting(guest, starts))
  add(
    `npm run bench:resident -- --seconds ${String(seconds)}`,
    await memory(guest, {counts: COUNTS, rounds: 1, seconds}),
  )
  add(`npm run bench:together -- --rounds ${String(rounds)}`, await together(guest, units, rounds))
  add(
    `npm run bench:logs -- units --megabytes ${String(megabytes)} --journal-megabytes ${String(toJournal)} --pairs ${String(rounds)}`,
    await output(guest, {megabytes, 'journal-megabytes': toJournal, pairs: rounds}),
  )
  await writePage(machine, sections)
})
