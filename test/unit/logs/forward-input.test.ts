import {PassThrough} from 'node:stream'
import {expect, test, vi} from 'vitest'
import {InputFeed} from '../../../src/logs/forward-input.js'

/** An attachment, and all that has been written to it. */
function attachment(): {stream: PassThrough; written: () => string} {
  const stream = new PassThrough()
  const chunks: Buffer[] = []
  const write = stream.write.bind(stream)
  stream.write = (chunk: Buffer): boolean => {
    chunks.push(chunk)
    return write(chunk)
  }
  return {stream, written: () => Buffer.concat(chunks).toString()}
}

test('what comes between two lives of a container is fed to the later one', async () => {
  const source = new PassThrough()
  const [first, second] = [attachment(), attachment()]
  const feed = new InputFeed(source, false)
  feed.into(first.stream)
  source.write('one')
  await vi.waitFor(() => {
    expect(first.written()).toBe('one')
  })
  feed.hold()
  source.write('two')
  await new Promise(setImmediate)
  feed.into(second.stream)
  await vi.waitFor(() => {
    expect(second.written()).toBe('two')
  })
  expect(first.written()).toBe('one')
  feed.close()
})
