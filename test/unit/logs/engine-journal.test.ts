import {expect, test} from 'vitest'
import {engineJournal} from '../../../src/logs/engine-journal.js'
import type {EngineInfo} from '../../../src/docker/engine.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'

const unit = {name: 'web.service', manager: 'system'} as const
interface LogConfig {
  Type: string
  Config: Record<string, string>
}

/** What the line's log driver becomes on a host with another one, and the lines of it. */
async function becomes(
  LogConfig: LogConfig,
  {isAskedFor, hosts = 'json-file'}: {isAskedFor: boolean; hosts?: string},
): Promise<{made: LogConfig; lines: string[]}> {
  const info = {version: '28.5.2', logDriver: hosts} as EngineInfo
  const {host, lines} = pluginHost({unit, engine: fakeEngine({info: () => Promise.resolve(info)})})
  const request = plainRequest()
  request.body.HostConfig.LogConfig = LogConfig
  await engineJournal(host, isAskedFor).resolve?.({...hookContext().context, request})
  return {made: request.body.HostConfig.LogConfig, lines}
}

const opts = (Config: Record<string, string>): LogConfig => ({Type: '', Config})

test.each([true, false])(
  '--log-opt without a driver is for the journald driver where that has it (asked for: %s)',
  async (isAskedFor) => {
    const {made, lines} = await becomes(opts({labels: 'app', env: 'STAGE'}), {isAskedFor})
    expect(made).toEqual({
      Type: 'journald',
      Config: {tag: '{{.Name}}', labels: 'app,OBJECT_SYSTEMD_UNIT', env: 'STAGE'},
    })
    expect(lines).toEqual([])
  },
)

test("what daemon.json says of the host's own journald driver holds, as nothing on the line replaces it", async () => {
  const hosts = 'journald'
  expect((await becomes(opts({}), {isAskedFor: true, hosts})).made.Config).toEqual({
    'labels-regex': '^OBJECT_SYSTEMD_UNIT$',
  })
  expect((await becomes(opts({'labels-regex': '^a|b$'}), {isAskedFor: true, hosts})).made.Config).toEqual({
    'labels-regex': '(?:^a|b$)|^OBJECT_SYSTEMD_UNIT$',
  })
  expect((await becomes(opts({labels: 'a', tag: 'web'}), {isAskedFor: true, hosts})).made.Config).toEqual({
    labels: 'a,OBJECT_SYSTEMD_UNIT',
    tag: 'web',
  })
})

test.each([
  [{Type: 'none', Config: {}}, '--log-driver none'],
  [opts({'max-size': '10m'}), '--log-opt'],
])('where nobody asked for the way, the log of the line %j wins, and one line says so', async (said, option) => {
  const {made, lines} = await becomes(said, {isAskedFor: false})
  expect(made).toEqual(said)
  expect(lines).toEqual([
    `info: the journal has no output of the container, because ${option} is set and systemd-docker does not stay to forward it`,
  ])
})

test('another driver on the line is refused where the way is asked for', async () => {
  await expect(becomes({Type: 'local', Config: {}}, {isAskedFor: true})).rejects.toMatchObject({
    code: 'REFUSED_OPTION',
    message:
      "option --log-driver local is refused: with --logs=journal the container's output is written by the driver journald; leave --log-driver out, or set --logs=stream",
  })
})

test.each([
  ['json-file', {}, 1],
  ['journald', {}, 1],
  ['journald', {OBJECT_SYSTEMD_UNIT: 'web.service'}, 0],
] as const)(
  'a container that is there with the driver %s and the labels %j has so many warnings: %i',
  async (logDriver, labels, count) => {
    const {host, lines} = pluginHost({unit})
    const hooks = engineJournal(host, true)
    const {context} = hookContext()
    const request = plainRequest()
    await hooks.resolve?.({...context, request})
    const found = {id: 'old', name: 'web', running: true, madeWithRm: false, logDriver, labels}
    await hooks.reconcile?.({...context, request, found})
    await hooks.start?.({...context, container: {id: 'old', tty: false}})
    expect(lines).toHaveLength(count)
    if (count > 0) expect(lines[0]).toMatch(/^warn: the journal has no output of container web under the unit/)
  },
)
