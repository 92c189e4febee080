import {fstatSync} from 'node:fs'
import {describe, expect, test, vi} from 'vitest'
import {openLog} from '../../src/log.js'

function written(journalStream: string | undefined): string[] {
  const texts: string[] = []
  const log = openLog(journalStream === undefined ? {} : {JOURNAL_STREAM: journalStream}, (text) => texts.push(text))
  log.info('moved')
  log.warn('left behind')
  log.error('failed')
  return texts
}

describe('a log', () => {
  test('a log in the journal gives each line its priority', () => {
    const {dev, ino} = fstatSync(2)
    expect(written(`${String(dev)}:${String(ino)}`)).toEqual(['<6>moved\n', '<4>left behind\n', '<3>failed\n'])
  })

  test.each([
    ['without JOURNAL_STREAM', undefined],
    ['with an empty JOURNAL_STREAM', ''],
    ["with another stream's JOURNAL_STREAM, as it is behind 2>file", '0:1'],
    ['with a JOURNAL_STREAM that is none', 'journal'],
  ])('a log %s gives each line the name of the program', (_, journalStream) => {
    expect(written(journalStream)).toEqual([
      'systemd-docker: moved\n',
      'systemd-docker: left behind\n',
      'systemd-docker: failed\n',
    ])
  })

  test('a log is on standard error when nothing else is said', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    openLog({}).info('moved')
    expect(write.mock.calls).toEqual([['systemd-docker: moved\n']])
  })
})

describe('SYSTEMD_LOG_LEVEL', () => {
  const said = (env: NodeJS.ProcessEnv): string[] => {
    const texts: string[] = []
    const {dev, ino} = fstatSync(2)
    const log = openLog({JOURNAL_STREAM: `${String(dev)}:${String(ino)}`, ...env}, (text) => texts.push(text))
    log.debug?.('looked')
    log.info('moved')
    log.warn('left behind')
    log.error('failed')
    return texts.map((text) => text.slice(1, 2))
  }

  test.each([
    [undefined, '643'],
    ['debug', '7643'],
    ['7', '7643'],
    ['info', '643'],
    ['notice', '43'],
    ['warning', '43'],
    ['4', '43'],
    ['err', '3'],
    ['3', '3'],
    ['crit', ''],
    ['emerg', ''],
    ['0', ''],
    ['', '643'],
    ['loud', '643'],
    ['8', '643'],
    ['warning,journal:debug', '7643'],
    ['console:debug,err', '3'],
    ['console:debug', '643'],
  ])('the level %j has the lines of these priorities said: %s', (level, priorities) => {
    expect(said(level === undefined ? {} : {SYSTEMD_LOG_LEVEL: level}).join('')).toBe(priorities)
  })

  test.each([
    ['1', '7643'],
    ['yes', '7643'],
    ['0', '3'],
    ['', '3'],
  ])(
    'the level has no say where systemd set DEBUG_INVOCATION=%s for a start after a failure',
    (debugging, priorities) => {
      expect(said({SYSTEMD_LOG_LEVEL: 'err', DEBUG_INVOCATION: debugging}).join('')).toBe(priorities)
    },
  )

  test('a log leaves nothing to be called where nobody looks for a fault', () => {
    expect(openLog({}, () => undefined).debug).toBeUndefined()
  })
})
