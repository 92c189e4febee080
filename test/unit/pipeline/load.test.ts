import {chmod, mkdir, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {BUILT_IN} from '../../../src/plugins/index.js'
import {loadPlugins, type SitePluginSources} from '../../../src/pipeline/load.js'
import {GLOBAL_OPTIONS} from '../../../src/run/global-options.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const {signal} = new AbortController()
const OWN = BUILT_IN.map((plugin) => ({plugin, from: 'systemd-docker'}))
const PRODUCT = {plugins: BUILT_IN, options: Object.keys(GLOBAL_OPTIONS)}
const site = (parts: Partial<SitePluginSources>): SitePluginSources => ({
  root: () => '/nowhere',
  folders: [],
  files: [],
  ...parts,
})

describe('a host without plugins of its own', () => {
  const inTemp = useTempDirectory()

  test("a host has the product's plugins alone where no folder is looked at", async () => {
    expect(await loadPlugins(PRODUCT, site({}), signal)).toEqual(OWN)
  })

  test("a host has the product's plugins alone where no folder is there", async () => {
    expect(await loadPlugins(PRODUCT, site({folders: [inTemp('etc'), inTemp('local')]}), signal)).toEqual(OWN)
  })

  test("a host has the product's plugins alone where nothing was installed into the folder", async () => {
    await mkdir(inTemp('etc'))
    await writeFile(inTemp('etc', 'README'), '')
    expect(await loadPlugins(PRODUCT, site({folders: [inTemp('etc')]}), signal)).toEqual(OWN)
  })
})

describe("a site's folder", () => {
  const inTemp = useTempDirectory()

  test('a folder that others may write is refused', async () => {
    await mkdir(inTemp('plugins'))
    await writeFile(inTemp('plugins', 'package.json'), '{}')
    await chmod(inTemp('plugins', 'package.json'), 0o644)
    await chmod(inTemp('plugins'), 0o777)
    await expect(
      loadPlugins(PRODUCT, site({folders: [inTemp('none'), inTemp('plugins')]}), signal),
    ).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp('plugins')}: users other than its owner may write to it; correct it with \`chmod go-w ${inTemp('plugins')}\``,
    })
  })

  test('a folder whose package.json others may write is refused', async () => {
    await mkdir(inTemp('plugins'))
    await writeFile(inTemp('plugins', 'package.json'), '{}')
    await chmod(inTemp('plugins', 'package.json'), 0o666)
    await expect(loadPlugins(PRODUCT, site({folders: [inTemp('plugins')]}), signal)).rejects.toMatchObject({
      code: 'CONFIGURATION',
    })
  })
})

describe('a file that the configuration names', () => {
  const inTemp = useTempDirectory()
  const given = async (content: string, mode = 0o644): Promise<SitePluginSources> => {
    await writeFile(inTemp('mine.mjs'), content)
    await chmod(inTemp('mine.mjs'), mode)
    return site({files: [{name: 'mine', path: inTemp('mine.mjs')}]})
  }
  const PLUGIN = 'export default {name: "mine", options: {}, setup() {}}'

  test('a file that the configuration names brings its plugin, behind those that come with the product', async () => {
    const gathered = await loadPlugins(PRODUCT, await given(PLUGIN), signal)
    expect(gathered.slice(0, -1)).toEqual(OWN)
    expect(gathered.at(-1)).toMatchObject({plugin: {name: 'mine'}, from: inTemp('mine.mjs')})
  })

  test.each([
    ['is not there', undefined, /ENOENT/],
    ['cannot be parsed', 'export default {', /plugin mine/],
    ['throws', 'throw new Error("no such host")', /no such host/],
    ['brings nothing', 'export const plugin = 1', /it is not an object with a name, options and setup/],
    [
      'brings a plugin of another name',
      PLUGIN.replace('mine', 'yours'),
      /its own name is yours; the configuration must call it that/,
    ],
    [
      'brings an option that is taken',
      'export default {name: "mine", options: {logs: {kind: "boolean", summary: ""}}, setup() {}}',
      /the option --logs is taken by log-forwarding \(systemd-docker\)/,
    ],
    [
      'brings an option of the run itself',
      'export default {name: "mine", options: {"dry-run": {kind: "boolean", summary: ""}}, setup() {}}',
      /the option --dry-run is taken by systemd-docker itself/,
    ],
  ])('a file that %s is refused by its name', async (_, content, why) => {
    const files =
      content === undefined ? site({files: [{name: 'mine', path: inTemp('none.mjs')}]}) : await given(content)
    const gathering = loadPlugins(PRODUCT, files, signal)
    await expect(gathering).rejects.toMatchObject({code: 'PLUGIN_LOAD'})
    await expect(gathering).rejects.toThrow(why)
    await expect(gathering).rejects.toThrow(content === undefined ? 'none.mjs' : 'mine')
  })

  test('a file that others may write is refused', async () => {
    await expect(loadPlugins(PRODUCT, await given(PLUGIN, 0o666), signal)).rejects.toThrow('`chmod go-w')
  })

  test('a file that never comes to an end is given up when the run is stopped', async () => {
    const stop = new AbortController()
    const gathering = loadPlugins(PRODUCT, await given(`await new Promise(() => {}); ${PLUGIN}`), stop.signal)
    stop.abort(new Error('stopped'))
    await expect(gathering).rejects.toThrow('stopped')
  })
})
