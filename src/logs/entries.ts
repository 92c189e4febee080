// What a run loads that makes entries of a container's output, and no other: a file of its own in dist
// (scripts/bundle.mjs). It has its own classes of errors there.
export {prepareNative, prepareStream} from './open-entries.js'
export {parseEntryRules} from './priority/parse.js'
