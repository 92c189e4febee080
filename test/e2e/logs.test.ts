import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {hostsNamed} from '../support/host/hosts.js'
import {warningsOf} from '../support/service/placed.js'
import {defineService, unique, type Service} from '../support/service/service.js'

type Entry = Readonly<Record<string, string>>

const SAYING = `sh -c "echo to stdout; echo to stderr >&2; echo '<4>with a prefix'; echo a secret; seq 100 | sed 's/^/number /'; echo the last; exec sleep 1000"`
/** That, but for its numbers. */
const SAID = ['to stdout', 'to stderr', '<4>with a prefix', 'a secret', 'the last']
/** What systemd has for the output of a unit (systemd.exec(5)). */
const OF_A_UNIT = {
  LogExtraFields: 'MARK=marked',
  LogFilterPatterns: '~secret',
}
const WAYS = hostsNamed('debian-forky', 'debian13-v2')

/** The entries that the journal, or one of its namespaces, has of a unit, without systemd's own and ours. */
async function entries(guest: Guest, {name}: Service, ...words: string[]): Promise<Entry[]> {
  await guest.run('journalctl', ...words, '--sync')
  const text = await guest.run('journalctl', ...words, `--unit=${name}`, '--output=json', '--no-pager')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry)
    .filter(({SYSLOG_IDENTIFIER: by}) => by !== 'systemd' && by !== 'systemd-docker')
}

/** The same once the last of each stream of what {@link SAYING} says is among them. */
async function allEntries(guest: Guest, service: Service, ...words: string[]): Promise<Entry[]> {
  return await until(20_000, async () => {
    const all = await entries(guest, service, ...words)
    return ['the last', 'to stderr'].every((text) => texts(all).includes(text)) ? all : undefined
  })
}

const texts = (all: readonly Entry[]): (string | undefined)[] => all.map(({MESSAGE}) => MESSAGE)
const of = (all: readonly Entry[], text: string): Entry | undefined => all.find(({MESSAGE}) => MESSAGE === text)

const started = async (
  guest: Guest,
  words: string,
  rest: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Service> => {
  const service = await defineService(guest, `${words} run ${rest} --name %n busybox ${SAYING}`, {
    SyslogIdentifier: 'named',
    ...settings,
  })
  expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
  return service
}
const commandOf = async (guest: Guest, service: Service): Promise<string> =>
  await guest.run('cat', `/proc/${(await service.show('MainPID')).MainPID}/comm`)

describe.each(WAYS)('the ways of the output to the journal on $name', ({guest}) => {
  test('each way has what the table of docs/logs.md says', async () => {
    const file = `/run/${unique()}`
    const namespace = unique()
    onTestFinished(async () => {
      await guest.attempt(['systemctl', 'stop', `systemd-journald@${namespace}.service`])
      await guest.attempt(['rm', '-f', `${file}.stream`, `${file}.journal`])
    })
    const fields = '--label app=shop --env STAGE=test --log-opt labels=app --log-opt env=STAGE'
    const [stream, journal, none, limited, unlimited, apart, together, inFile, besideFile, handedOver] =
      await Promise.all([
        started(guest, '--logs=stream', '--rm', OF_A_UNIT),
        started(guest, '--logs=journal', `--rm ${fields}`, OF_A_UNIT),
        started(guest, '--logs=false', '--rm', OF_A_UNIT),
        started(guest, '--logs=stream', '--rm', {LogRateLimitIntervalSec: '10min', LogRateLimitBurst: '1'}),
        started(guest, '--logs=journal', '--rm', {LogRateLimitIntervalSec: '10min', LogRateLimitBurst: '1'}),
        started(guest, '--logs=stream', '--rm', {LogNamespace: namespace}),
        started(guest, '--logs=journal', '--rm', {LogNamespace: namespace}),
        started(guest, '--logs=stream', '--rm', {StandardOutput: `append:${file}.stream`}),
        started(guest, '--logs=journal', '--rm', {StandardOutput: `append:${file}.journal`}),
        started(guest, '--logs=journal', '', {
          ExecStop: '/usr/bin/docker stop --time 0 %n',
          ExecStopPost: '/opt/bin/systemd-docker finish %n',
        }),
      ])

    const streamed = await allEntries(guest, stream)
    expect(texts(streamed)).not.toContain('a secret')
    expect(of(streamed, 'to stdout')).toMatchObject({SYSLOG_IDENTIFIER: 'named', PRIORITY: '6', MARK: 'marked'})
    expect(of(streamed, 'to stderr')).toMatchObject({PRIORITY: '6', _COMM: 'node'})
    expect(of(streamed, 'with a prefix')).toMatchObject({PRIORITY: '4'})

    const written = await allEntries(guest, journal)
    expect(texts(written)).toContain('a secret')
    expect(texts(written).filter((text) => text === 'to stdout')).toHaveLength(1)
    const id = await journal.inspect('{{.Id}}')
    expect(of(written, 'to stdout')).toMatchObject({
      SYSLOG_IDENTIFIER: journal.name,
      PRIORITY: '6',
      CONTAINER_NAME: journal.name,
      CONTAINER_ID: id.slice(0, 12),
      CONTAINER_ID_FULL: id,
      CONTAINER_TAG: journal.name,
      IMAGE_NAME: 'busybox',
      APP: 'shop',
      STAGE: 'test',
      _COMM: 'dockerd',
    })
    expect(of(written, 'to stdout')).not.toHaveProperty('MARK')
    expect(of(written, 'to stderr')).toMatchObject({PRIORITY: '3'})
    expect(of(written, '<4>with a prefix')).toMatchObject({PRIORITY: '6'})

    expect(texts(await entries(guest, none))).toEqual([])
    for (const service of [stream, journal, none])
      expect(await guest.run('docker', 'logs', service.name)).toContain('to stdout')
    const statusOf = async ({name}: Service): Promise<string> =>
      (await guest.attempt(['systemctl', 'status', '--no-pager', '--lines=50', name])).stdout
    expect(await statusOf(stream)).toContain('named[')
    expect(await statusOf(stream)).toContain(': the last')
    expect(await statusOf(journal)).toContain(': the last')
    expect(await statusOf(none)).not.toContain(': the last')

    const wayward = await allEntries(guest, unlimited)
    expect(texts(wayward)).toContain('number 100')
    const numbers = texts(await entries(guest, limited)).filter((text) => text?.startsWith('number'))
    expect(numbers.length).toBeLessThan(100)

    expect(texts(await allEntries(guest, apart, `--namespace=${namespace}`))).toContain('to stderr')
    expect(texts(await entries(guest, apart))).toEqual([])
    expect(texts(await allEntries(guest, together))).toContain('to stderr')

    const filed = await until(20_000, async () => {
      const lines = (await guest.run('cat', `${file}.stream`)).split('\n')
      return lines.includes('the last') && lines.includes('to stderr') ? lines : undefined
    })
    // Between the two streams there is no order.
    expect(filed.filter((text) => !/^number \d+$/.test(text)).toSorted()).toEqual(SAID.toSorted())
    expect(texts(await entries(guest, inFile))).toEqual([])
    expect(texts(await allEntries(guest, besideFile))).toContain('to stdout')
    expect(await guest.run('cat', `${file}.journal`)).toBe('')

    for (const service of [stream, journal, none]) expect(await commandOf(guest, service)).toBe('node')
    expect(await commandOf(guest, handedOver)).toBe('sleep')
    expect(texts(await allEntries(guest, handedOver))).toContain('to stderr')
  })
})

describe.each(WAYS.slice(0, 1))('the log driver of the line on $name', ({guest}) => {
  test('a container with the journald driver on its line is in the journal once, under the unit, and twice only with --logs=stream', async () => {
    const [once, twice] = await Promise.all([
      started(guest, '', '--init --log-driver=journald --log-opt tag=tagged'),
      started(guest, '--logs=stream', '--rm --log-driver=journald'),
    ])
    const all = await allEntries(guest, once)
    expect(texts(all).filter((text) => text === 'to stdout')).toHaveLength(1)
    expect(of(all, 'to stdout')).toMatchObject({SYSLOG_IDENTIFIER: 'tagged', CONTAINER_NAME: once.name})
    expect(await warningsOf(guest, once)).toEqual([])
    // It stays, as it does with any other driver.
    expect(await commandOf(guest, once)).toBe('node')
    expect(texts(await allEntries(guest, twice)).filter((text) => text === 'to stdout')).toHaveLength(1)
    expect(await warningsOf(guest, twice)).toEqual([
      expect.stringMatching(/^the journal has each line of the container twice/),
    ])
    // A stopped container keeps its driver, and what is started again is there once, too.
    await once.stop()
    await once.start()
    const twoLives = await until(20_000, async () => {
      const said = texts(await entries(guest, once))
      return said.filter((text) => text === 'the last').length > 1 ? said : undefined
    })
    expect(twoLives.filter((text) => text === 'to stdout')).toHaveLength(2)
  })
})
