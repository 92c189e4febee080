import {writeFileSync} from 'node:fs'
import {chmod, lstat, mkdir, readdir, writeFile} from 'node:fs/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import {until} from '../../../sandbox/until.js'
import type {OpenDatagramSocket} from '../../../src/systemd/datagram-socket.js'
import type {UnitState} from '../../../src/systemd/notify-filter.js'
import {NotifyRelay} from '../../../src/systemd/notify-relay.js'
import {recordingLog} from '../../../src/testing/recording-log.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()
const PATIENCE_MS = 10_000
const ACTIVATING = {activeState: 'activating', startTimeout: 90_000_000}

function deferred<T>(): {promise: Promise<T>; resolve: (value: T) => void} {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return {promise, resolve}
}

interface Told {
  readonly asks?: () => Promise<UnitState | undefined>
  readonly send?: (message: string) => Promise<void>
  readonly opens?: () => void
}

/** A relay whose socket is a list of datagrams, of which the kernel would not take more than so many. */
function relayOf({
  asks = () => Promise.resolve(ACTIVATING),
  send = () => Promise.resolve(),
  opens = () => undefined,
}: Told = {}) {
  const queue: Buffer[] = []
  const sent: string[] = []
  const {log, lines} = recordingLog()
  let arrived: () => void = () => undefined
  let isClosed = false
  const open: OpenDatagramSocket = (path, longest, heard) => {
    writeFileSync(path, '')
    opens()
    arrived = heard
    return {
      look: () => {
        if (isClosed) throw new Error('it is closed')
        const [next] = queue
        return next && {bytes: next.subarray(0, longest), length: next.length}
      },
      drop: () => void queue.shift(),
      close: () => {
        isClosed = true
      },
    }
  }
  const relay = new NotifyRelay({
    open,
    directory: inTemp('state', 'notify', '0123456789abcdef'),
    openNotifier: () => ({
      send: async (...assignments) => {
        sent.push(assignments.join('|'))
        await send(assignments.join('|'))
      },
    }),
    bounds: {watchdog: undefined},
    askUnit: asks,
    log,
  })
  onTestFinished(() => {
    relay.close()
  })
  return {
    relay,
    sent,
    lines,
    queue,
    comes: (...datagrams: readonly (string | Buffer)[]) => {
      queue.push(...datagrams.map((one) => Buffer.from(one)))
      arrived()
    },
    isClosed: () => isClosed,
    sends: async (...messages: readonly string[]) => {
      await until(PATIENCE_MS, () => Promise.resolve(messages.every((one) => sent.includes(one)) ? true : undefined))
    },
  }
}

describe('the socket', () => {
  test('it is in a directory that only this user may enter, and that whoever the container runs as may send to', async () => {
    const {relay} = relayOf()
    relay.open()
    const modes = await Promise.all(
      ['state', 'state/notify', 'state/notify/0123456789abcdef', 'state/notify/0123456789abcdef/notify.sock'].map(
        async (path) => ((await lstat(inTemp(path))).mode & 0o777).toString(8),
      ),
    )
    expect(modes).toEqual(['700', '700', '755', '666'])
  })

  test('what a killed run has left in its place is replaced, and all is gone at the end', async () => {
    await mkdir(inTemp('state', 'notify', '0123456789abcdef'), {recursive: true, mode: 0o700})
    await writeFile(inTemp('state', 'notify', '0123456789abcdef', 'notify.sock'), 'left')
    const {relay, isClosed} = relayOf()
    relay.open()
    relay.close()
    expect(isClosed()).toBe(true)
    expect(await readdir(inTemp('state', 'notify'))).toEqual([])
  })

  test('a socket that cannot be made is an error, and nothing is left', async () => {
    const {relay} = relayOf({
      opens: () => {
        throw new Error('EPERM: socket')
      },
    })
    expect(() => {
      relay.open()
    }).toThrow(/cannot write state to .*\/notify\/0123456789abcdef: EPERM: socket$/)
    expect(await readdir(inTemp('state', 'notify'))).toEqual([])
  })

  test('a directory that others may write to is refused, and nothing is left', async () => {
    await mkdir(inTemp('state', 'notify'), {recursive: true})
    await chmod(inTemp('state', 'notify'), 0o777)
    const {relay} = relayOf()
    expect(() => {
      relay.open()
    }).toThrow(/cannot write state to .*\/notify: it is not a directory that only this user can write to/)
    expect(await readdir(inTemp('state', 'notify'))).toEqual([])
  })
})

describe('what is passed on', () => {
  test('what comes before it is time is kept, and passed on then in one message', async () => {
    const {relay, comes, sent, sends} = relayOf()
    relay.open()
    comes('READY=1', 'STATUS=one', 'STATUS=two')
    await Promise.resolve()
    expect(sent).toEqual([])
    relay.pass()
    await sends('READY=1|STATUS=two')
    expect(sent).toHaveLength(1)
  })

  test('what comes later is passed on at once', async () => {
    const {relay, comes, sends} = relayOf()
    relay.open()
    relay.pass()
    comes('STATUS=a')
    await sends('STATUS=a')
    comes('STATUS=b\nREADY=1')
    await sends('READY=1|STATUS=b')
  })

  test('a flood becomes ten messages a second at most, the newest status wins, and nothing piles up', async () => {
    const {relay, comes, sent, queue} = relayOf()
    relay.open()
    relay.pass()
    const begun = performance.now()
    comes(...Array.from({length: 2000}, (_, count) => `STATUS=${String(count)}`))
    comes('READY=1')
    await until(PATIENCE_MS, () => Promise.resolve(sent.at(-1)?.endsWith('STATUS=1999') === true || undefined))
    const seconds = (performance.now() - begun) / 1000
    expect(sent.length).toBeLessThanOrEqual(10 * (Math.floor(seconds) + 1))
    expect(sent.join()).toContain('READY=1')
    expect(queue).toEqual([])
  })

  test('a field that is dropped is told of once, and of fields that nobody knows only some', async () => {
    const {relay, comes, lines, sends} = relayOf()
    relay.open()
    relay.pass()
    comes(
      'MAINPID=1',
      'MAINPID=2',
      'a\u001b[31m=1',
      ...Array.from({length: 100}, (_, count) => `X_${String(count)}=1`),
      'READY=1',
    )
    await sends('READY=1')
    expect(lines[0]).toBe(
      "info: the container's MAINPID= is not passed to systemd: systemd-docker is the main process of the unit",
    )
    expect(lines[1]).toBe(
      "info: the container's line that is no assignment is not passed to systemd: it is not a field that a container may set",
    )
    expect(lines.at(-1)).toBe('info: the container sends more fields that are not passed to systemd')
    expect(lines).toHaveLength(31)
  })

  test('a datagram that systemd would not take is told of and dropped', async () => {
    const {relay, comes, lines, sends} = relayOf()
    relay.open()
    relay.pass()
    comes('READY=1\0MAINPID=1', Buffer.alloc(100_000, 'x'), 'STATUS=on')
    await sends('STATUS=on')
    expect(lines).toEqual([
      'info: a message of the container is not passed to systemd: it has a NUL byte',
      'info: a message of the container is not passed to systemd: it has more than 4096 bytes',
    ])
  })

  test('a message that systemd does not take is one warning, and the next are sent', async () => {
    const {relay, comes, lines, sends} = relayOf({
      send: (message) => (message === 'STATUS=on' ? Promise.resolve() : Promise.reject(new Error('nobody listens'))),
    })
    relay.open()
    relay.pass()
    comes('READY=1')
    await sends('READY=1')
    comes('ERRNO=1')
    await sends('ERRNO=1')
    comes('STATUS=on')
    await sends('STATUS=on')
    expect(lines).toEqual(['warn: could not pass a message of the container to systemd: nobody listens'])
  })

  test('BARRIER=1 is confirmed when what came before it has been passed on, and not earlier', async () => {
    const {promise, resolve} = deferred<undefined>()
    const {relay, comes, queue, sends} = relayOf({send: () => promise})
    relay.open()
    relay.pass()
    comes('READY=1', 'BARRIER=1')
    await sends('READY=1')
    expect(queue.map(String)).toEqual(['BARRIER=1'])
    resolve(undefined)
    await until(PATIENCE_MS, () => Promise.resolve(queue.length === 0 ? true : undefined))
  })
})

describe('what systemd decides', () => {
  test.each([
    ['STOPPING=1', {activeState: 'active', startTimeout: 1}, 'the unit is not being stopped'],
    ['EXTEND_TIMEOUT_USEC=5', {activeState: 'deactivating', startTimeout: 1}, 'TimeoutStopSec= bounds the stop'],
    ['STOPPING=1', undefined, 'systemd does not report what the unit is doing'],
  ])('%s is dropped, and all else passes without waiting for that', async (datagram, state, why) => {
    const {promise, resolve} = deferred<UnitState | undefined>()
    const {relay, comes, sent, lines, sends} = relayOf({asks: () => promise})
    relay.open()
    relay.pass()
    comes(datagram, 'STATUS=on')
    await sends('STATUS=on')
    resolve(state)
    const field = datagram.slice(0, datagram.indexOf('='))
    await until(PATIENCE_MS, () => Promise.resolve(lines.length > 0 ? true : undefined))
    expect(lines).toEqual([`info: the container's ${field}= is not passed to systemd: ${why}`])
    expect(sent).toEqual(['STATUS=on'])
  })

  test('systemd is asked once for what comes at a time, and the newest is what it decides', async () => {
    let asked = 0
    const asks = (): Promise<UnitState> => {
      asked++
      return Promise.resolve(ACTIVATING)
    }
    const {relay, comes, sends} = relayOf({asks})
    relay.open()
    relay.pass()
    comes(...Array.from({length: 30}, (_, count) => `EXTEND_TIMEOUT_USEC=${String(count)}`))
    await sends('EXTEND_TIMEOUT_USEC=29')
    expect(asked).toBe(1)
  })
})

describe('the end', () => {
  test('READY=1 of a container that has ended meanwhile counts, and its error, but nothing that is over', async () => {
    const {relay, comes, queue, sent} = relayOf()
    relay.open()
    relay.pass()
    queue.push(...['RELOADING=1', 'READY=1\nSTATUS=gone', 'STOPPING=1', 'ERRNO=5'].map((one) => Buffer.from(one)))
    await relay.end()
    expect(sent).toEqual(['READY=1|ERRNO=5'])
    comes('STATUS=late')
    relay.close()
    expect(sent).toEqual(['READY=1|ERRNO=5'])
  })

  test('of a container that has ended before it was ready systemd knows that already', async () => {
    const {relay, comes, sent} = relayOf()
    relay.open()
    comes('READY=1', 'BUSERROR=a.b')
    await relay.end()
    expect(sent).toEqual(['BUSERROR=a.b'])
  })

  test('an end does not wait for systemd to take the last message', async () => {
    const {relay, comes} = relayOf({send: () => new Promise(() => undefined)})
    relay.open()
    relay.pass()
    comes('STATUS=on')
    const begun = performance.now()
    await relay.end()
    expect(performance.now() - begun).toBeLessThan(PATIENCE_MS)
  })
})
