import {beforeEach, describe, expect, test, vi} from 'vitest'
import type {EngineInfo} from '../../../src/docker/engine.js'
import type {FoundContainer, RunHooks} from '../../../src/pipeline/contract.js'
import type {EntryWords} from '../../../src/logs/priority/parse.js'
import {whereItFits} from '../../../src/logs/where-it-fits.js'
import * as journal from '../../../src/systemd/journal-outputs.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'

const unit = {name: 'web.service', manager: 'system'} as const
const container = {id: '0123456789ab', tty: false}
const info = (logDriver: string): EngineInfo => ({
  version: '28.5.2',
  cgroupDriver: 'systemd',
  defaultRuntime: 'runc',
  runtimes: ['runc'],
  rootless: false,
  logDriver,
})
/** What comes of a run on a host with this log driver. */
interface Came {
  readonly hooks: Partial<RunHooks>
  readonly made: {Type: string; Config: Readonly<Record<string, string>>; labels: Readonly<Record<string, string>>}
  readonly attached: boolean
  readonly lines: string[]
}

async function come(
  hosts: string,
  {
    said,
    words = {},
    LogConfig = {Type: '', Config: {}},
    found,
  }: {
    said?: 'stream' | 'native'
    words?: Partial<EntryWords>
    LogConfig?: {Type: string; Config: Record<string, string>}
    found?: Partial<FoundContainer>
  } = {},
): Promise<Came> {
  let attached = false
  const engine = fakeEngine({
    info: () => Promise.resolve(info(hosts)),
    attach: () => {
      attached = true
      return Promise.reject(new Error('nobody reads here'))
    },
  })
  const {host, lines} = pluginHost({engine, unit})
  const hooks = whereItFits(host, said, {
    stderrPriority: undefined,
    levelFrom: undefined,
    multiline: undefined,
    ...words,
  })
  const request = plainRequest()
  request.body.HostConfig.LogConfig = LogConfig
  const {context} = hookContext()
  await hooks.resolve?.({...context, request})
  if (found !== undefined)
    await hooks.reconcile?.({
      ...context,
      request,
      found: {id: 'old', name: 'web', running: true, madeWithRm: false, ...found},
    })
  else await hooks.create?.({...context, request})
  await hooks.start?.({...context, container})?.catch(() => undefined)
  const {HostConfig, Labels} = request.body
  return {hooks, made: {...HostConfig.LogConfig, labels: Labels}, attached, lines}
}

beforeEach(() => {
  vi.spyOn(journal, 'journalOutputs').mockReturnValue('both')
})

const UNDER = {OBJECT_SYSTEMD_UNIT: 'web.service'}
const TWICE = [expect.stringMatching(/^warn: the journal has each line of the container twice/)]

describe('the output of a run that stays', () => {
  test("it is forwarded where Docker's log is no journal", async () => {
    const {made, attached, lines} = await come('json-file')
    expect({made, attached, lines}).toEqual({made: {Type: '', Config: {}, labels: {}}, attached: true, lines: []})
  })

  test("the Engine writes it under the unit's name where the host's driver is journald, with what the host says of that, and the run stays", async () => {
    const {hooks, made, attached, lines} = await come('journald')
    expect({made, attached, lines}).toEqual({
      made: {Type: 'journald', Config: {'labels-regex': '^OBJECT_SYSTEMD_UNIT$'}, labels: UNDER},
      attached: false,
      lines: [],
    })
    expect(hooks.resident?.()).toBe('neither --logs=journal nor --handover is set, with which it need not stay')
    expect(hooks.describe?.()).toHaveLength(1)
  })

  test("the Engine writes it under the unit's name where the line says journald", async () => {
    const {made, attached} = await come('local', {LogConfig: {Type: 'journald', Config: {'labels-regex': '^app'}}})
    expect(attached).toBe(false)
    expect(made).toEqual({
      Type: 'journald',
      Config: {tag: '{{.Name}}', labels: 'OBJECT_SYSTEMD_UNIT', 'labels-regex': '^app'},
      labels: UNDER,
    })
  })

  test('with --logs=stream each line is there twice, and a warning says so', async () => {
    const {made, attached, lines} = await come('journald', {said: 'stream'})
    expect({made, attached, lines}).toEqual({made: {Type: '', Config: {}, labels: {}}, attached: true, lines: TWICE})
  })

  test.each([
    ['json-file', 'journald', {}, true, []],
    ['journald', 'journald', {}, true, TWICE],
    ['journald', 'journald', UNDER, false, []],
    ['journald', 'json-file', UNDER, false, []],
    ['journald', 'json-file', {OBJECT_SYSTEMD_UNIT: 'other.service'}, true, TWICE],
  ] as const)(
    'of a container that is there with the driver %s, on a host with %s, and the labels %j, it is forwarded: %s',
    async (logDriver, hosts, labels, isForwarded, said) => {
      const {attached, lines} = await come(hosts, {found: {logDriver, labels}})
      expect({attached, lines}).toEqual({attached: isForwarded, lines: said})
    },
  )

  test.each([
    ['json-file', undefined, true, 'on standard error, because that is not the journal'],
    ['journald', {logDriver: 'json-file', labels: {}}, true, 'on standard error, because that is not the journal'],
    ['journald', undefined, false, "because Docker's journald driver writes the container's output to the journal"],
    ['json-file', {logDriver: 'journald', labels: UNDER}, false, "because Docker's journald driver writes the"],
  ] as const)(
    'what the line says of priorities has effect where entries are ours, on a host with %s and with the container %j',
    async (hosts, found, isForwarded, why) => {
      const {attached, lines} = await come(hosts, {words: {stderrPriority: 'err'}, ...(found ? {found} : {})})
      expect({attached, lines}).toEqual({
        attached: isForwarded,
        lines: [expect.stringMatching(new RegExp(`^warn: --stderr-priority has no effect,? ${why}`))],
      })
    },
  )

  test('what the line says wrong of priorities is refused before anything is made, whoever writes', async () => {
    for (const hosts of ['journald', 'json-file'])
      await expect(come(hosts, {words: {stderrPriority: 'loud'}})).rejects.toMatchObject({code: 'BAD_VALUE'})
  })
})
