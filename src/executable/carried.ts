import {getRawAsset} from 'node:sea'

/** A file that the single executable carries (Node's documentation, "Single executable applications"). */
export function carried(name: string): Buffer {
  return Buffer.from(getRawAsset(name) as ArrayBuffer)
}
