import {describe, expect, test} from 'vitest'
import {
  LONGEST_DATAGRAM,
  decide,
  readDatagram,
  type Datagram,
  type UnitBounds,
} from '../../../src/systemd/notify-filter.js'
import {NotifyOutbox} from '../../../src/systemd/notify-outbox.js'
import {randomNumbers} from '../../support/random.js'

const NOW = 5_000_000n
const WATCHED = {watchdog: 10_000_000}

function read(text: string | Buffer, bounds: UnitBounds = WATCHED): Datagram {
  const bytes = Buffer.from(text)
  return readDatagram(bytes.subarray(0, LONGEST_DATAGRAM), bytes.length, bounds, NOW)
}

/** What of a message may pass, an assignment each. */
function passed(text: string | Buffer, bounds?: UnitBounds): string[] {
  const datagram = read(text, bounds)
  return datagram.kind === 'message' ? [...datagram.claims].map(([field, value]) => `${field}=${value}`) : []
}

/** Why what of a message does not pass. */
function dropped(text: string, bounds?: UnitBounds): Record<string, string> {
  const datagram = read(text, bounds)
  if (datagram.kind !== 'message') throw new Error(`it is ${datagram.kind}`)
  return Object.fromEntries(datagram.dropped.map(({field, why}) => [field, why]))
}

describe('what a container may say', () => {
  test.each([
    'READY=1',
    'STATUS=serving on 8080',
    'STATUS=',
    'STATUS=grüße, 世界',
    'ERRNO=0',
    'ERRNO=2',
    'ERRNO=4095',
    'BUSERROR=org.freedesktop.DBus.Error.TimedOut',
    'VARLINKERROR=org.varlink.service.InvalidParameter',
    'WATCHDOG=1',
    'WATCHDOG=trigger',
    'WATCHDOG_USEC=5000000',
    'STOPPING=1',
    'EXTEND_TIMEOUT_USEC=30000000',
    'RELOADING=1\nMONOTONIC_USEC=4000000',
    'READY=1\nSTATUS=up\nWATCHDOG=1',
  ])('%j passes as it is', (text) => {
    expect(passed(text)).toEqual(text.split('\n'))
    expect(dropped(text)).toEqual({})
  })

  test.each([
    ['READY=1\n\n', ['READY=1']],
    ['READY=1\0', ['READY=1']],
    ['STATUS=one\nSTATUS=two', ['STATUS=two']],
    ['STATUS=a\u001b[2Jb\rc\u0085d\u202ee', ['STATUS=a [2Jb c d e']],
    ['WATCHDOG_USEC=99000000', ['WATCHDOG_USEC=10000000']],
    ['RELOADING=1', ['RELOADING=1', 'MONOTONIC_USEC=5000000']],
    ['RELOADING=1\nMONOTONIC_USEC=5000001', ['RELOADING=1', 'MONOTONIC_USEC=5000000']],
    ['RELOADING=1\nMONOTONIC_USEC=soon', ['RELOADING=1', 'MONOTONIC_USEC=5000000']],
    ['MONOTONIC_USEC=4000000', []],
    ['', []],
  ])('%j passes as what it can only mean', (text, as) => {
    expect(passed(text)).toEqual(as)
  })

  test('a long status is cut at a whole character, so that a message never gets too long', () => {
    const [status = ''] = passed(`STATUS=${'x'.repeat(2047)}ü${'y'.repeat(1000)}`)
    expect(status).toBe(`STATUS=${'x'.repeat(2047)}`)
  })

  test('BARRIER=1 is an order to confirm when it is alone', () => {
    expect(read('BARRIER=1')).toEqual({kind: 'barrier'})
    expect(passed('BARRIER=1\nREADY=1')).toEqual(['READY=1'])
    expect(dropped('BARRIER=1\nREADY=1')).toEqual({BARRIER: 'it is only valid alone in its message'})
  })
})

describe('what a container may not say', () => {
  test.each([
    ['MAINPID=1', 'systemd-docker is the main process of the unit'],
    ['MAINPIDFD=1', 'systemd-docker is the main process of the unit'],
    ['MAINPIDFDID=4711', 'systemd-docker is the main process of the unit'],
    ['EXIT_STATUS=0', "the exit status of the container's init is the unit's"],
    ['NOTIFYACCESS=all', 'the unit says by NotifyAccess= whom systemd hears'],
    ['RESTART_RESET=1', "the unit's RestartSec= and RestartSteps= stay as they are"],
    ['FDSTORE=1', 'a container cannot store file descriptors in systemd'],
    ['FDSTOREREMOVE=1', 'a container cannot store file descriptors in systemd'],
    ['FDNAME=x', 'a container cannot store file descriptors in systemd'],
    ['FDPOLL=0', 'a container cannot store file descriptors in systemd'],
    ['X_OWN=1', 'it is not a field that a container may set'],
    ['__proto__=1', 'it is not a field that a container may set'],
    ['constructor=1', 'it is not a field that a container may set'],
    [' READY=1', 'it is not a field that a container may set'],
    ['ready=1', 'it is not a field that a container may set'],
    ['READY', 'its value is not one that systemd accepts'],
    ['READY=0', 'its value is not one that systemd accepts'],
    ['READY=1 ', 'its value is not one that systemd accepts'],
    ['RELOADING=yes', 'its value is not one that systemd accepts'],
    ['STOPPING=0', 'its value is not one that systemd accepts'],
    ['ERRNO=-1', 'its value is not one that systemd accepts'],
    ['ERRNO=4096', 'its value is not one that systemd accepts'],
    ['BUSERROR=a b', 'its value is not one that systemd accepts'],
    [`VARLINKERROR=${'a'.repeat(256)}`, 'its value is not one that systemd accepts'],
    ['WATCHDOG=0', 'its value is not one that systemd accepts'],
    ['WATCHDOG_USEC=0', 'its value is not one that systemd accepts'],
    ['WATCHDOG_USEC=1s', 'its value is not one that systemd accepts'],
    ['EXTEND_TIMEOUT_USEC=infinity', 'its value is not one that systemd accepts'],
  ])('%j is dropped, and what stands beside it passes', (text, why) => {
    expect(passed(`STATUS=a\n${text}\nERRNO=1`)).toEqual(['STATUS=a', 'ERRNO=1'])
    expect(Object.values(dropped(text))).toEqual([why])
  })

  test('a unit without a watchdog is given none', () => {
    const unwatched = {watchdog: undefined}
    expect(passed('WATCHDOG_USEC=1000000', unwatched)).toEqual([])
    expect(dropped('WATCHDOG_USEC=1000000', unwatched)).toEqual({WATCHDOG_USEC: 'the unit has no WatchdogSec='})
  })

  test.each([
    ['too long', Buffer.from(`STATUS=${'x'.repeat(LONGEST_DATAGRAM)}`), 'it has more than 4096 bytes'],
    ['with a NUL byte', Buffer.from('READY=1\0MAINPID=1'), 'it has a NUL byte'],
    ['with two NUL bytes at its end', Buffer.from('READY=1\0\0'), 'it has a NUL byte'],
    ['that is not UTF-8', Buffer.from([...Buffer.from('STATUS='), 0xc3, 0x28]), 'it is not UTF-8'],
  ])('a datagram %s is refused as a whole', (_, bytes, why) => {
    expect(read(bytes)).toEqual({kind: 'refused', why})
  })
})

describe('what depends on what the unit is doing', () => {
  const unit = (activeState: string, startTimeout = 90_000_000) => ({activeState, startTimeout})

  test('a container says that it stops only while its unit is being stopped', () => {
    expect(decide('STOPPING', '1', unit('deactivating'))).toBe('1')
    for (const state of ['activating', 'active', 'reloading', 'failed'])
      expect(decide('STOPPING', '1', unit(state))).toEqual({why: 'the unit is not being stopped'})
  })

  test("a start and a reload are prolonged, each time by as much as the unit's own start may take at most", () => {
    expect(decide('EXTEND_TIMEOUT_USEC', '30000000', unit('activating'))).toBe('30000000')
    expect(decide('EXTEND_TIMEOUT_USEC', '90000001', unit('reloading'))).toBe('90000000')
    expect(decide('EXTEND_TIMEOUT_USEC', '9999999999999999999', unit('activating', Infinity))).toBe('9007199254740991')
  })

  test.each([
    ['deactivating', 'TimeoutStopSec= bounds the stop'],
    ['active', 'the unit is neither starting nor reloading'],
    ['inactive', 'the unit is neither starting nor reloading'],
  ])('nothing prolongs a unit that is %s', (state, why) => {
    expect(decide('EXTEND_TIMEOUT_USEC', '1000000', unit(state))).toEqual({why})
  })

  test.each(['STOPPING', 'EXTEND_TIMEOUT_USEC'] as const)('no answer of systemd permits %s', (field) => {
    expect(decide(field, '1', undefined)).toEqual({why: 'systemd does not report what the unit is doing'})
  })
})

describe('a million random datagrams', () => {
  const SEED = 20140
  const DATAGRAMS = 1_000_000
  /** What a message may be made of; what may pass stands beside what must not, and beside what looks like it. */
  const WORDS = [
    ...['READY', 'RELOADING', 'STOPPING', 'STATUS', 'ERRNO', 'BUSERROR', 'VARLINKERROR', 'WATCHDOG', 'WATCHDOG_USEC'],
    ...['EXTEND_TIMEOUT_USEC', 'MONOTONIC_USEC', 'MAINPID', 'MAINPIDFD', 'FDSTORE', 'FDNAME', 'NOTIFYACCESS'],
    ...['EXIT_STATUS', 'BARRIER', 'RESTART_RESET', 'X_Y', '__proto__', 'ready', ''],
    ...['=', '=', '=', '=', '=1', '=1', '=0', '\n', '\n', '\n', '1', '99999999999999999999', '-1', ' ', 'trigger', 'é'],
    ...['\r', '\u001b[31m', '\u2028', '\0', 'a.b', 'MAINPID=1', '\nMAINPID=1\n', 'x'.repeat(300), '世'.repeat(1500)],
  ].map((word) => Buffer.from(word))
  /** An assignment as it may go to systemd. */
  const ALLOWED =
    /^(?:READY=1|RELOADING=1|STOPPING=1|STATUS=[^\p{Cc}]*|ERRNO=\d{1,4}|(?:BUS|VARLINK)ERROR=[\w.-]{1,255}|WATCHDOG=(?:1|trigger)|(?:WATCHDOG|EXTEND_TIMEOUT|MONOTONIC)_USEC=\d{1,19})$/u

  test(`nothing but allowed fields ever passes, in messages that systemd takes, a few at most (seed ${String(SEED)})`, () => {
    const random = randomNumbers(SEED)
    const outbox = new NotifyOutbox()
    const buffer = Buffer.alloc(64 * 1024)
    const seen = new Set<string>()
    for (let count = 0; count < DATAGRAMS; count++) {
      let length = 0
      for (let words = random(9); words > 0; words--) {
        // One in eight is noise.
        if (random(8) === 0) for (let bytes = random(5); bytes > 0; bytes--) buffer[length++] = random(256)
        else length += (WORDS[random(WORDS.length)] ?? buffer).copy(buffer, length)
      }
      const datagram = readDatagram(buffer.subarray(0, Math.min(length, LONGEST_DATAGRAM)), length, WATCHED, NOW)
      seen.add(datagram.kind)
      if (datagram.kind !== 'message') continue
      outbox.add(datagram.claims)
      if (random(16) !== 0) continue
      for (let messages = 0, message = outbox.take(); message !== undefined; message = outbox.take()) {
        if (++messages > 5) throw new Error(`datagram ${String(count)}: more messages than states`)
        const bad = message.find((assignment) => !ALLOWED.test(assignment))
        if (bad !== undefined) throw new Error(`datagram ${String(count)}: ${JSON.stringify(bad)}`)
        if (Buffer.byteLength(message.join('\n')) > LONGEST_DATAGRAM) throw new Error(`datagram ${String(count)}: long`)
        for (const assignment of message) seen.add(assignment.slice(0, assignment.indexOf('=')))
      }
    }
    // What was tried has reached every branch.
    expect([...seen].toSorted()).toEqual(
      [
        ...['barrier', 'message', 'refused', 'READY', 'RELOADING', 'STOPPING', 'STATUS', 'ERRNO', 'BUSERROR'],
        ...['VARLINKERROR', 'WATCHDOG', 'WATCHDOG_USEC', 'EXTEND_TIMEOUT_USEC', 'MONOTONIC_USEC'],
      ].toSorted(),
    )
  })
})
