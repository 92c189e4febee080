import {fstatSync} from 'node:fs'
import {describe, expect, test, vi} from 'vitest'
import {openLog} from '../../../src/run/log.js'

function written(journalStream: string | undefined): string[] {
  const texts: string[] = []
  const log = openLog(journalStream === undefined ? {} : {JOURNAL_STREAM: journalStream}, (text) => texts.push(text))
  log.info('moved')
  log.warn('left behind')
  log.error('failed')
  return texts
}

describe('a log', () => {
  test('in the journal gives each line its priority', () => {
    const {dev, ino} = fstatSync(2)
    expect(written(`${String(dev)}:${String(ino)}`)).toEqual(['<6>moved\n', '<4>left behind\n', '<3>failed\n'])
  })

  test.each([
    ['without JOURNAL_STREAM', undefined],
    ['with an empty JOURNAL_STREAM', ''],
    ["with another stream's JOURNAL_STREAM, as it is behind 2>file", '0:1'],
    ['with a JOURNAL_STREAM that is none', 'journal'],
  ])('%s gives each line the name of the program', (_, journalStream) => {
    expect(written(journalStream)).toEqual([
      'systemd-docker: moved\n',
      'systemd-docker: left behind\n',
      'systemd-docker: failed\n',
    ])
  })

  test('is on standard error when nothing else is said', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    openLog({}).info('moved')
    expect(write.mock.calls).toEqual([['systemd-docker: moved\n']])
  })
})
