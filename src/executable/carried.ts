import {getRawAsset} from 'node:sea'

/** A file that the single executable carries (Node's documentation, "Single executable applications"). */
export function carried(name: string): Buffer {
  return Buffer.from(getRawAsset(name) as ArrayBuffer)
}

/** How many more bytes a file has that was aligned than what is in it (scripts/package/alignment.mjs). */
const ROOM = 8

/** What is in a file that was aligned. Nothing, if nothing is in it. */
export function carriedAligned(name: string): Buffer | undefined {
  return contentOf(carried(name))
}

/**
 * It begins where the first byte of the file says.
 *
 * @internal
 */
export function contentOf(file: Buffer): Buffer | undefined {
  const [begin] = file
  return begin === undefined ? undefined : file.subarray(begin, begin + file.length - ROOM)
}
