// What it takes to take a container's output to who reads it. `npm run bench:logs -- units` measures one part alone.
import {readCounts} from './command-line.js'
import {attached} from './logs/attached.js'
import {forwarding} from './logs/forwarding.js'
import {units} from './logs/units.js'

const PARTS = {forwarding, attached, units}

const words = process.argv.slice(2)
const wanted = Object.entries(PARTS).filter(([name]) => words.includes(name))
const options = words.filter((word) => !Object.keys(PARTS).includes(word))
const counts = readCounts({megabytes: 200, 'journal-megabytes': 50, pairs: 3}, options)
for (const [, part] of wanted.length === 0 ? Object.entries(PARTS) : wanted) console.log(`${await part(counts)}\n`)
