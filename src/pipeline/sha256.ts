import {sha256 as digest} from '@noble/hashes/sha2.js'

/**
 * The SHA-256 of a text, in hexadecimal. This takes a millisecond for a create request; to load Node's takes four of
 * each start, and 0.8 MiB in each unit.
 */
export function sha256(text: string): string {
  return Buffer.from(digest(Buffer.from(text))).toString('hex')
}
