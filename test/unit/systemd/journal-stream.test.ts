import {createServer, type Server, type Socket} from 'node:net'
import {expect, onTestFinished, test} from 'vitest'
import {JournalStream} from '../../../src/systemd/journal-stream.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()

/** What takes streams in journald's place, and shuts its own side down at once as that does; what came to it. */
async function journald(): Promise<{path: string; texts: string[]; server: Server}> {
  const path = inTemp('stdout')
  const texts: string[] = []
  const sockets: Socket[] = []
  const server = createServer({allowHalfOpen: true}, (socket) => {
    sockets.push(socket.end())
    socket.on('data', (chunk: Buffer) => texts.push(chunk.toString()))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {path, texts, server}
}

test('lines go to the journal behind what says whose they are', async () => {
  const {path, texts} = await journald()
  const otherwise: string[] = []
  const stream = new JournalStream((text) => otherwise.push(text), path)
  stream.write('<6>one\n')
  await stream.flushed()
  await expect.poll(() => texts.join('')).toContain('<6>one')
  stream.write('<3>two\n')
  await stream.flushed()
  await expect.poll(() => texts.join('')).toMatch(/^systemd-docker\n[^\n]*\n6\n1\n0\n0\n0\n<6>one\n<3>two\n$/)
  expect(otherwise).toEqual([])
})

test('lines that the journal does not take go elsewhere, in order', async () => {
  const otherwise: string[] = []
  const stream = new JournalStream((text) => otherwise.push(text), inTemp('nowhere'))
  stream.write('<6>one\n')
  stream.write('<3>two\n')
  await stream.flushed()
  stream.write('<4>three\n')
  expect(otherwise).toEqual(['<6>one\n', '<3>two\n', '<4>three\n'])
})
