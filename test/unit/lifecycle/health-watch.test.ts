import {describe, expect, test} from 'vitest'
import type {Engine, Health} from '../../../src/docker/engine.js'
import {EngineUnreachableError} from '../../../src/errors.js'
import {HealthWatch} from '../../../src/lifecycle/health-watch.js'
import type {WhenUnhealthy} from '../../../src/lifecycle/health.js'
import type {KeepAlive} from '../../../src/lifecycle/keep-alive.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {recordingLog} from '../../../src/testing/recording-log.js'
import {inspection} from '../../support/engine/inspection.js'

const SICK: Health = {status: 'unhealthy', last: {exitCode: 1, output: 'no answer'}}

/** A watch of a container's health, and what comes of it, in order. */
function watching(when: WhenUnhealthy, inspect: Engine['inspect'] = () => Promise.resolve(inspection({health: SICK}))) {
  const happened: string[] = []
  const note = (what: string) => (): Promise<void> => Promise.resolve(void happened.push(what))
  const {log, lines} = recordingLog()
  const keepAlive = {
    hold: () => void happened.push('hold'),
    resume: () => void happened.push('resume'),
  } as unknown as KeepAlive
  const watch = new HealthWatch({
    engine: fakeEngine({inspect}),
    id: 'c0ffee',
    name: () => 'web',
    when,
    keepAlive,
    stop: note('stop'),
    triggerWatchdog: note('trigger'),
    log,
  })
  const tell = (): Promise<void> => Promise.resolve(void happened.push(`running${watch.words}`))
  const becomes = (health: 'healthy' | 'unhealthy'): Promise<void> =>
    watch.heed({action: 'health_status', at: 0, health}, tell)
  return {happened, lines, becomes, take: (health: Health | undefined) => watch.take(health, tell)}
}

describe('a container that turns unhealthy', () => {
  test.each<[WhenUnhealthy, readonly string[], readonly string[]]>([
    ['ignore', [], []],
    ['log', [], ['warn: container web is unhealthy: no answer']],
    ['stop', ['stop'], ['warn: container web is unhealthy and is stopped (--unhealthy=stop): no answer']],
    [
      'watchdog',
      ['hold', 'trigger'],
      ['warn: container web is unhealthy, so the watchdog of the unit is triggered: no answer'],
    ],
  ])('with %s, systemd has the status first, and then %j is done', async (when, done, said) => {
    const {happened, lines, becomes} = watching(when)
    await becomes('unhealthy')
    expect(happened).toEqual(['running, unhealthy: no answer', ...done])
    expect(lines).toEqual(said)
  })

  test('a container that was unhealthy before is not so anew', async () => {
    const {happened, lines, becomes, take} = watching('stop')
    await take(SICK)
    await becomes('unhealthy')
    await take(SICK)
    expect(happened.filter((what) => what === 'stop')).toHaveLength(1)
    expect(lines).toHaveLength(1)
  })

  test('a container that has recovered is answered for again, and may turn unhealthy once more', async () => {
    const {happened, lines, becomes} = watching('watchdog')
    await becomes('unhealthy')
    await becomes('healthy')
    await becomes('unhealthy')
    expect(happened).toEqual([
      ...['running, unhealthy: no answer', 'hold', 'trigger'],
      ...['running, healthy', 'resume'],
      ...['running, unhealthy: no answer', 'hold', 'trigger'],
    ])
    expect(lines[1]).toBe('info: container web is healthy again')
  })

  test('a container that is started again is answered for, although its check has not passed yet', async () => {
    const {happened, lines, becomes, take} = watching('watchdog')
    await becomes('unhealthy')
    await take({status: 'starting'})
    await becomes('healthy')
    expect(happened.slice(3)).toEqual(['running, health: starting', 'resume', 'running, healthy'])
    expect(lines).toHaveLength(1)
  })

  test('a container that became unhealthy long ago, and is healthy by now, is healthy', async () => {
    const {happened, lines, becomes} = watching('stop', () =>
      Promise.resolve(inspection({health: {status: 'healthy'}})),
    )
    await becomes('unhealthy')
    expect(happened).toEqual(['running, healthy'])
    expect(lines).toEqual([])
  })

  test.each<[string, Engine['inspect']]>([
    ['does not answer', () => Promise.reject(new EngineUnreachableError('unix:///x', new Error('gone')))],
    ['does not know of it any more', () => Promise.resolve(undefined)],
  ])('a container is unhealthy as the event says where the Engine %s', async (_, inspect) => {
    const {happened, lines, becomes} = watching('stop', inspect)
    await becomes('unhealthy')
    expect(happened).toEqual(['running, unhealthy: the Engine does not report what the check said', 'stop'])
    expect(lines).toHaveLength(1)
  })
})

describe('a container that is well', () => {
  test('a container that starts, or is healthy, only has that in its status', async () => {
    const {happened, lines, becomes, take} = watching('stop')
    await take({status: 'starting'})
    await becomes('healthy')
    await take(undefined)
    expect(happened).toEqual(['running, health: starting', 'running, healthy', 'running'])
    expect(lines).toEqual([])
  })
})
