/**
 * V8 makes a copy of what it has made of a module before, unless it lies at a multiple of so many bytes (V8,
 * src/snapshot/code-serializer.h, `AlignedCachedData`).
 */
const ALIGNMENT = 8

/**
 * Such content, with the room to move it that {@link align} needs; nothing stays nothing.
 *
 * @param {Buffer} content
 */
export function withRoom(content) {
  return content.length === 0 ? content : Buffer.concat([content, Buffer.alloc(ALIGNMENT)])
}

/**
 * Moves contents to where they are aligned; the first byte of the room of each then says by how many bytes it was
 * moved, one at least.
 *
 * @param {Buffer} blob has all of them, and is itself put where it is aligned
 * @param {readonly Buffer[]} rooms as {@link withRoom} has made them
 */
export function align(blob, rooms) {
  for (const room of rooms) {
    const begin = blob.indexOf(room)
    if (begin === -1) throw new Error('what is to be aligned is not in the blob')
    const moved = ALIGNMENT - (begin % ALIGNMENT)
    blob.fill(0, begin, begin + room.length)
    blob.set(room.subarray(0, -ALIGNMENT), begin + moved)
    blob[begin] = moved
  }
}

/**
 * Throws where a file has a content anywhere else than where it is aligned once that file is mapped.
 *
 * @param {Buffer} file
 * @param {readonly Buffer[]} rooms
 */
export function refuseUnaligned(file, rooms) {
  for (const room of rooms) {
    const begin = file.indexOf(room.subarray(0, -ALIGNMENT))
    if (begin === -1 || begin % ALIGNMENT !== 0) throw new Error(`what is to be aligned is at byte ${String(begin)}`)
  }
}
