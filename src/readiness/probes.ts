// What a run with `--ready` loads, and no other: a file of its own in dist (scripts/bundle.mjs). It has its own classes
// of errors there, so that those of the Engine are told by their codes.
export {parseReadiness, parseTime} from './parse.js'
export {waitUntilReady} from './wait.js'
