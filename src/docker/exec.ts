import type {Readable} from 'node:stream'
import {Demultiplexer} from './demultiplexer.js'
import type {Reading} from './reading.js'

/** How much of what a command in a container says is kept, from its end. */
const OUTPUT_BYTES = 4096
const MOST_STATUS = 255

/** The last 4 KiB of a command's output, read to its end: both streams, as they came (Engine API, `ExecStart`). */
export async function readExecOutput(stream: Readable): Promise<string> {
  let tail: Buffer = Buffer.alloc(0)
  const demultiplexer = new Demultiplexer((_, payload) => {
    tail = Buffer.concat([tail, payload.subarray(-OUTPUT_BYTES)]).subarray(-OUTPUT_BYTES)
  })
  for await (const chunk of stream) demultiplexer.push(chunk as Buffer)
  return tail.toString()
}

/** The exit status in the answer to `GET /exec/{id}/json`; nothing while the command runs. */
export function readExecExit(answer: Reading): number | undefined {
  const status = answer.at('ExitCode')
  return answer.at('Running').flag(false) || status.isAbsent ? undefined : status.whole(0, MOST_STATUS)
}
