import {describe, expect, test} from 'vitest'
import {until} from '../../../sandbox/until.js'
import type {Entry} from '../../../src/logs/entry.js'
import {NativeEntries} from '../../../src/logs/native-entries.js'
import type {Sent} from '../../../src/systemd/datagram-socket.js'
import {NativeJournal} from '../../../src/systemd/native-journal.js'

const PATIENCE_MS = 10_000

/** A journal that answers what `answer` says, and what it has taken. */
function journalWith(answer: () => Sent): {sink: NativeEntries; taken: string[]; tries: () => number} {
  const taken: string[] = []
  let tries = 0
  const sender = {
    send: (bytes: Buffer, length: number): Sent => {
      tries++
      const sent = answer()
      if (sent === 'sent') taken.push(bytes.toString('utf8', 0, length).replace(/^PRIORITY=(.)\nMESSAGE=/, '$1 '))
      return sent
    },
    sendAsFile: (): Sent => 'sent',
    close: () => undefined,
  }
  return {sink: new NativeEntries(new NativeJournal(() => sender, '/journal', new Map())), taken, tries: () => tries}
}

function entries(...texts: string[]): Entry[] {
  return texts.map((text) => ({stream: 'stdout', priority: 6, text: Buffer.from(text)}))
}

async function take(sink: NativeEntries, ...texts: string[]): Promise<Error | null | undefined> {
  return await new Promise((resolve) => {
    sink.take(entries(...texts), resolve)
  })
}

describe('entries that are written to the journal natively', () => {
  test('come in order, those of one call after those of the one before', async () => {
    let turn = 0
    const {sink, taken} = journalWith(() => (turn++ % 2 === 0 ? 'full' : 'sent'))
    const errors = await Promise.all([take(sink, 'one', 'two'), take(sink, 'three'), take(sink)])
    expect(errors).toEqual([undefined, undefined, undefined])
    expect(taken).toEqual(['6 one\n', '6 two\n', '6 three\n'])
  })

  test.each(['full', 'nobody'] as const)('wait for a journal that says %s, and none is lost', async (said) => {
    let isOpen = false
    const {sink, taken, tries} = journalWith(() => (isOpen ? 'sent' : said))
    let isDone = false
    const all = take(sink, 'one', 'two').then((error) => {
      isDone = true
      return error
    })
    await until(PATIENCE_MS, () => Promise.resolve(tries() > 4 ? true : undefined))
    expect([isDone, taken]).toEqual([false, []])
    isOpen = true
    expect(await all).toBeUndefined()
    expect(taken).toEqual(['6 one\n', '6 two\n'])
  })

  test('are given up at the end of the run, also those that come later', async () => {
    const {sink, taken, tries} = journalWith(() => 'full')
    const all = take(sink, 'one')
    await until(PATIENCE_MS, () => Promise.resolve(tries() > 0 ? true : undefined))
    sink.close()
    expect((await all)?.message).toBe('the journal does not take it')
    expect((await take(sink, 'two'))?.message).toBe('the journal does not take it')
    expect(taken).toEqual([])
  })

  test('are lost where the journal cannot be written to', async () => {
    const {sink} = journalWith(() => {
      throw new Error('EACCES: send')
    })
    expect((await take(sink, 'one'))?.message).toBe('EACCES: send')
    expect((await take(sink, 'two'))?.message).toBe('EACCES: send')
  })
})
