import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {mkdir, writeFile} from 'node:fs/promises'
import type {WantedImage} from '../../../src/docker/engine.js'
import type {PullMessage} from '../../../src/docker/pull-progress.js'
import {PullError} from '../../../src/errors.js'
import {pullImage} from '../../../src/lifecycle/pull-image.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const EXTEND = 'EXTEND_TIMEOUT_USEC=90000000'
const inTemp = useTempDirectory()
const fetching = (current: number): PullMessage => ({status: 'Downloading', id: 'a', current, total: 142_000_000})

beforeEach(() => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'performance']})
})
afterEach(() => {
  vi.useRealTimers()
})

/** What an Engine says of a pull: a message, or that so many milliseconds pass before it goes on. */
type Script = readonly (PullMessage | number)[]

function rehearsal(script: Script, {failure, columns = 40}: {failure?: Error; columns?: number} = {}) {
  const sent: string[] = []
  const shown: string[] = []
  const logged: string[] = []
  const asked: WantedImage[] = []
  const controller = new AbortController()
  async function* pull(_: string, wanted: WantedImage, signal: AbortSignal): AsyncGenerator<PullMessage> {
    asked.push(wanted)
    for (const step of script) {
      if (typeof step === 'number') await vi.advanceTimersByTimeAsync(step)
      signal.throwIfAborted()
      if (typeof step !== 'number') yield step
    }
    if (failure !== undefined) throw failure
  }
  const notifier = {
    send: (...lines: string[]) => {
      sent.push(lines.join(' '))
      return Promise.resolve()
    },
  }
  const note = (line: string): void => void logged.push(line)
  const run = (image = 'nginx:1.27', platform?: string): Promise<void> =>
    pullImage(
      image,
      platform,
      {
        engine: fakeEngine({pull}),
        env: {DOCKER_CONFIG: inTemp(), PATH: '/nowhere'},
        notifier,
        terminal: {columns, write: (text) => shown.push(text)},
        log: {info: note, warn: note, error: note},
      },
      controller.signal,
    )
  return {run, sent, shown, logged, asked, controller, notifier}
}

describe('a pull', () => {
  test('a pull tells systemd how far it is, and each time to wait for longer', async () => {
    const {run, sent, logged} = rehearsal([
      {status: 'Pulling fs layer', id: 'a'},
      {status: 'Pulling fs layer', id: 'b'},
      1000,
      fetching(10_000_000),
      1000,
      {status: 'Download complete', id: 'b'},
      1000,
      fetching(61_400_000),
      1000,
      {status: 'Download complete', id: 'a'},
    ])
    await run()
    expect(sent).toEqual([
      `${EXTEND} STATUS=Pulling nginx:1.27`,
      `${EXTEND} STATUS=Pulling nginx:1.27 (10 of at least 142 MB)`,
      `${EXTEND} STATUS=Pulling nginx:1.27 7 % (10 of 142 MB)`,
      `${EXTEND} STATUS=Pulling nginx:1.27 43 % (61 of 142 MB)`,
      `${EXTEND} STATUS=Unpacking nginx:1.27 0 % (0 of 142 MB)`,
      EXTEND,
    ])
    expect(logged).toEqual(['pulled nginx:1.27 (142 MB)'])
  })

  test('a pull tells systemd no more than once a second', async () => {
    const script = Array.from({length: 50}, (_, index) => [100, fetching(index * 1_000_000)]).flat()
    const {run, sent} = rehearsal(script)
    await run()
    expect(sent.filter((line) => line.includes('STATUS'))).toHaveLength(6)
  })

  test('a pull of a small image counts kilobytes', async () => {
    const {run, sent} = rehearsal([1000, {status: 'Downloading', id: 'a', current: 250_000, total: 500_000}])
    await run()
    expect(sent).toContain(`${EXTEND} STATUS=Pulling nginx:1.27 50 % (250 of 500 kB)`)
  })

  test('a pull of layers that are fetched before their size is told says that they were', async () => {
    const {run, logged} = rehearsal([
      {status: 'Pulling fs layer', id: 'a'},
      {status: 'Download complete', id: 'a'},
    ])
    await run()
    expect(logged).toEqual(['pulled nginx:1.27'])
  })

  test('a pull of an image that is there as it is says nothing in the log', async () => {
    const {run, logged} = rehearsal([{status: 'Already exists', id: 'a'}, {status: 'Status: Image is up to date'}])
    await run()
    expect(logged).toEqual([])
  })

  test('a pull writes one line of a terminal over and over, no wider than it is, and clears it', async () => {
    const {run, shown} = rehearsal([1000, fetching(61_400_000)])
    await run('registry.example/nginx:1.27')
    expect(shown).toEqual([
      '\r\u001B[KPulling registry.example/nginx:1.27',
      '\r\u001B[KPulling registry.example/nginx:1.27 43 ',
      '\r\u001B[K',
    ])
  })

  test('a pull writes the whole line on a terminal that does not know its width', async () => {
    const {run, shown} = rehearsal([], {columns: 0})
    await run()
    expect(shown[0]).toBe('\r\u001B[KPulling nginx:1.27')
  })

  test('a pull asks for the platform, as whom docker has logged in', async () => {
    await mkdir(inTemp(), {recursive: true})
    await writeFile(inTemp('config.json'), JSON.stringify({auths: {'reg.io': {username: 'a', password: 'b'}}}))
    const {run, asked} = rehearsal([])
    await run('reg.io/x', 'linux/arm64')
    expect(asked).toEqual([{platform: 'linux/arm64', login: {username: 'a', password: 'b', serveraddress: 'reg.io'}}])
  })
})

describe('a pull that stands still', () => {
  test('a pull that stands still is given up after a minute', async () => {
    const {run, sent, shown} = rehearsal([fetching(1), 60_000, fetching(2)])
    await expect(run()).rejects.toMatchObject({
      code: 'PULL',
      message:
        'cannot pull image nginx:1.27: no data has arrived for 60 seconds; check the name, the tag and the connection to the registry',
    })
    expect(sent).toHaveLength(1)
    expect(shown.at(-1)).toBe('\r\u001B[K')
  })

  test('a pull that stands still is given up also when the Engine tries again and again', async () => {
    const {run} = rehearsal([
      fetching(1),
      ...Array.from({length: 61}, (_, index) => [
        1000,
        {status: `Retrying in ${String(index)} seconds`, id: 'a'},
      ]).flat(),
    ])
    await expect(run()).rejects.toThrow('no data has arrived for 60 seconds')
  })

  test('a pull that stands still is given up also when the Engine tells of the same second of unpacking again and again', async () => {
    const unpacking = {status: 'Extracting', id: 'a', current: 7}
    const {run} = rehearsal([fetching(1), ...Array.from({length: 62}, () => [unpacking, 1000]).flat()])
    await expect(run()).rejects.toThrow('no data has arrived for 60 seconds')
  })

  test('a pull that stands still for less than a minute goes on, however long it takes', async () => {
    const {run, sent} = rehearsal(Array.from({length: 10}, (_, index) => [59_000, fetching(index + 1)]).flat())
    await expect(run()).resolves.toBeUndefined()
    expect(sent).toHaveLength(12)
  })
})

describe('a layer that takes minutes to unpack', () => {
  const whole: PullMessage[] = [
    {status: 'Pulling fs layer', id: 'a'},
    {status: 'Download complete', id: 'a'},
  ]

  test('a layer that takes minutes to unpack is waited for as long as the seconds that the Engine tells go on, and systemd is told', async () => {
    const seconds = Array.from({length: 200}, (_, index) => [
      1000,
      {status: 'Extracting', id: 'a', current: index + 1},
      {status: 'Extracting', id: 'a', current: index + 1},
    ]).flat()
    const {run, sent} = rehearsal([...whole, ...seconds])
    await run()
    expect(sent).toHaveLength(202)
    expect(sent).toContain(`${EXTEND} STATUS=Unpacking nginx:1.27 (200 s)`)
  })

  test('a layer that takes minutes to unpack is waited for where the Engine says nothing of it once all is fetched, and systemd is asked to wait each minute', async () => {
    const {run, sent} = rehearsal([...whole, 250_000, {status: 'Pull complete', id: 'a'}])
    await run()
    expect(sent.filter((line) => line.startsWith(EXTEND)).length).toBeGreaterThanOrEqual(5)
  })

  test('a wait for a layer ends with the notification socket that is gone meanwhile', async () => {
    const {run, notifier} = rehearsal([...whole, 60_000, 1000])
    const pulled = run()
    notifier.send = () => Promise.reject(new Error('no socket'))
    await expect(pulled).rejects.toThrow('no socket')
  })

  test('a layer that takes minutes to unpack is not waited for while another is not fetched', async () => {
    const {run} = rehearsal([{status: 'Pulling fs layer', id: 'b'}, ...whole, 60_000, fetching(1)])
    await expect(run()).rejects.toThrow('no data has arrived for 60 seconds')
  })
})

describe('a pull that fails', () => {
  test('a pull that fails because the run is stopped fails with that', async () => {
    const {run, controller, logged} = rehearsal([fetching(1), 1000])
    const stopped = run()
    controller.abort(new Error('stopped'))
    await expect(stopped).rejects.toThrow('stopped')
    expect(logged).toEqual([])
  })

  test('a pull that fails because of who asks says as whom it was asked', async () => {
    await mkdir(inTemp(), {recursive: true})
    const {run} = rehearsal([], {
      failure: new PullError('reg.io/x', 'unauthorized: authentication required'),
    })
    await expect(run('reg.io/x')).rejects.toThrow(
      `unauthorized: authentication required (asked without a login, because there is none for reg.io in ${inTemp('config.json')}); check`,
    )
    await writeFile(inTemp('config.json'), JSON.stringify({auths: {'reg.io': {username: 'a', password: 'hunter2'}}}))
    const refused = await run('reg.io/x').catch(String)
    expect(refused).toContain(`(asked with the login for reg.io in ${inTemp('config.json')})`)
    expect(refused).not.toContain('hunter2')
  })

  test('a pull that fails for another reason says that alone', async () => {
    const {run} = rehearsal([], {failure: new PullError('reg.io/x', 'manifest unknown')})
    await expect(run('reg.io/x')).rejects.toThrow('cannot pull image reg.io/x: manifest unknown; check the name')
  })
})

test('an image is pulled without a login where none can be had, with a warning', async () => {
  await writeFile(inTemp('config.json'), JSON.stringify({credsStore: 'site'}))
  const {run, asked, logged} = rehearsal([])
  await run('reg.io/x')
  expect(asked).toEqual([{}])
  expect(logged).toEqual([
    `docker-credential-site, which ${inTemp('config.json')} names: gave no login for reg.io: it is not on the PATH; reg.io/x is pulled without a login`,
  ])
})
