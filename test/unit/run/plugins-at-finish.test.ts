import {writeFile} from 'node:fs/promises'
import {expect, onTestFinished, test, vi} from 'vitest'
import {BUILT_IN} from '../../../src/plugins/index.js'
import {pluginsAtFinish} from '../../../src/run/plugins-at-finish.js'
import {recordingLog} from '../../../src/testing/recording-log.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const names = {unit: 'web.service', host: 'here'}
const builtIns = BUILT_IN.map(({name}) => name)
const inTemp = useTempDirectory()

const SITE = `export default {
  name: 'site',
  options: {
    address: {kind: 'string', key: 'at', summary: 'where it asks'},
    loud: {kind: 'boolean', summary: 'whether it speaks'},
    names: {kind: 'list', summary: 'whom it speaks of'},
  },
  setup: () => undefined,
  finish: () => undefined,
}
`

/**
 * The plugins that a unit is finished with where that is the configuration, with the values of their options, and the
 * lines that are logged.
 */
async function pluginsWith(
  config: string,
  file = 'config.yaml',
  env: NodeJS.ProcessEnv = {},
): Promise<{plugins: Record<string, unknown>; lines: string[]}> {
  await writeFile(inTemp('site.mjs'), SITE)
  await writeFile(inTemp(file), config)
  const {log, lines} = recordingLog()
  const {signal} = new AbortController()
  const plugins = await pluginsAtFinish({root: () => inTemp(), env, configFile: inTemp(file), signal}, names, log)
  return {plugins: Object.fromEntries(plugins.map(({plugin, options}) => [plugin.name, options])), lines}
}

test("the plugins at finish are the product's and then the site's, with what the configuration and the environment say", async () => {
  const config = `plugins: {site: {from: ${inTemp('site.mjs')}, at: "%n"}}`
  const {plugins, lines} = await pluginsWith(config, 'config.yaml', {SYSTEMD_DOCKER_NAMES: 'a,b'})
  expect(Object.keys(plugins)).toEqual([...builtIns, 'site'])
  expect(plugins['site']).toEqual({address: 'web.service', loud: false, names: ['a', 'b']})
  expect(lines).toEqual([])
})

test('the plugins at finish are those that are switched off as well, as they may have been on when the container was made', async () => {
  const config = `plugins: {site: {from: ${inTemp('site.mjs')}, enabled: false}, pid-file: {enabled: false}}`
  const {plugins, lines} = await pluginsWith(config)
  expect(Object.keys(plugins)).toEqual([...builtIns, 'site'])
  expect(lines).toEqual([])
})

test.each([
  ['says what nobody knows', 'lgos: true', /unknown key 'lgos'/],
  ['cannot be read', 'logs: [', /config\.yaml/],
  ['has a value that its option cannot take', 'logs: 7', /logs/],
  ['names a plugin that is not there', 'plugins: {gone: {from: /nowhere/gone.mjs}}', /gone/],
])(
  "the plugins at finish are the product's alone, with one warning, where the configuration %s",
  async (_, config, why) => {
    const {plugins, lines} = await pluginsWith(config)
    expect(Object.keys(plugins)).toEqual(builtIns)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^warn: the plugins of the site are not called at the end of the container: /)
    expect(lines[0]).toMatch(why)
  },
)

test("the plugins at finish are the product's alone where the environment has a value that its option cannot take", async () => {
  const {plugins, lines} = await pluginsWith('', 'config.yaml', {SYSTEMD_DOCKER_LOGS: 'perhaps'})
  expect(Object.keys(plugins)).toEqual(builtIns)
  expect(lines).toEqual([expect.stringMatching(/^warn: .*SYSTEMD_DOCKER_LOGS/)])
})

test("the plugins at finish are the product's alone where a program of the configuration has not come to an end in five seconds", async () => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
  onTestFinished(() => void vi.useRealTimers())
  const loading = pluginsWith('await new Promise(() => undefined)', 'config.mjs')
  await vi.waitUntil(() => vi.getTimerCount() > 0)
  await vi.advanceTimersByTimeAsync(5000)
  const {plugins, lines} = await loading
  expect(Object.keys(plugins)).toEqual(builtIns)
  expect(lines).toEqual([expect.stringMatching(/not done after 5 seconds$/)])
})
