import {chmod, mkdir, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {loadSettings} from '../../../src/config/load.js'
import type {Settings} from '../../../src/config/settings.js'
import type {OptionDeclarations} from '../../../src/options/option.js'
import {useTempDirectory} from '../support/temp-directory.js'

const DECLARATIONS: OptionDeclarations = {
  logs: {kind: 'boolean', default: true, summary: 'forward the output'},
  cgroups: {kind: 'list', summary: 'move to these'},
  'pid-file': {kind: 'string', summary: 'write the PID'},
}
const inTemp = useTempDirectory()

async function write(name: string, content: string): Promise<void> {
  await writeFile(inTemp(name), content)
  await chmod(inTemp(name), 0o644)
}

function load(): Promise<Settings> {
  return loadSettings(DECLARATIONS, inTemp())
}

describe('a configuration file', () => {
  const settings = {logs: false, cgroups: ['cpu', 'memory'], 'pid-file': '/run/x.pid'}

  test.each([
    ['config.yaml', 'logs: false\ncgroups: [cpu, memory]\npid-file: /run/x.pid\n'],
    ['config.yml', 'logs: false\ncgroups:\n  - cpu\n  - memory\npid-file: "/run/x.pid"\n'],
    ['config.json', JSON.stringify(settings)],
    ['config.js', `module.exports = ${JSON.stringify(settings)}`],
    ['config.mjs', `export default ${JSON.stringify(settings)}`],
  ])('may be %s', async (name, content) => {
    await write(name, content)
    expect(await load()).toEqual(settings)
  })

  test('is the first there is of yaml, yml, json, js and mjs', async () => {
    await write('config.mjs', 'export default {"pid-file": "mjs"}')
    expect(await load()).toEqual({'pid-file': 'mjs'})
    await write('config.json', '{"pid-file": "json"}')
    expect(await load()).toEqual({'pid-file': 'json'})
    await write('config.yaml', 'pid-file: yaml')
    expect(await load()).toEqual({'pid-file': 'yaml'})
  })

  test('may give a list of one as a string', async () => {
    await write('config.yaml', 'cgroups: name=systemd')
    expect(await load()).toEqual({cgroups: ['name=systemd']})
  })

  test('may give an empty list', async () => {
    await write('config.yaml', 'cgroups: []')
    expect(await load()).toEqual({cgroups: []})
  })

  test.each(['', '# nothing yet\n', '{}'])('may say nothing (%j)', async (content) => {
    await write('config.yaml', content)
    expect(await load()).toEqual({})
  })
})

describe('there are no settings', () => {
  test('without the directory', async () => {
    expect(await loadSettings(DECLARATIONS, inTemp('none'))).toEqual({})
  })

  test('in an empty directory', async () => {
    expect(await load()).toEqual({})
  })

  test('in files of other names', async () => {
    await write('settings.yaml', 'logs: false')
    await write('.systemd-dockerrc', 'logs: false')
    await write('package.json', '{"systemd-docker": {"logs": false}}')
    expect(await load()).toEqual({})
  })

  test('in the directory above', async () => {
    await mkdir(inTemp('below'))
    await write('config.yaml', 'logs: false')
    expect(await loadSettings(DECLARATIONS, inTemp('below'))).toEqual({})
  })
})

describe('refused is', () => {
  test.each([
    ['an unknown key', 'colour: red', "unknown key 'colour'"],
    ['a misspelt key', 'pidfile: /run/x', "unknown key 'pidfile', did you mean 'pid-file'?"],
    ["a key that is JavaScript's", 'constructor: x', "unknown key 'constructor'"],
    ['a string for a switch', 'logs: "false"', `'logs' must be true or false, not "false"`],
    ['what is no switch in YAML 1.2, but was in 1.1', 'logs: yes', `'logs' must be true or false, not "yes"`],
    ['a number for a switch', 'logs: 0', "'logs' must be true or false, not 0"],
    ['nothing for a switch', 'logs:', "'logs' must be true or false, not null"],
    ['a switch for a string', 'pid-file: true', "'pid-file' must be a string, not true"],
    ['a list for a string', 'pid-file: [a]', `'pid-file' must be a string, not ["a"]`],
    ['a number in a list', 'cgroups: [cpu, 1]', `'cgroups' must be a list of strings, not ["cpu",1]`],
    ['a mapping for a list', 'cgroups: {cpu: 1}', `'cgroups' must be a list of strings, not {"cpu":1}`],
    ['a list of settings', '- logs', 'it must be a mapping from option names to values'],
    ['a word', 'logs', 'it must be a mapping from option names to values'],
  ])('%s, and the file is named', async (_, content, what) => {
    await write('config.yaml', content)
    await expect(load()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp('config.yaml')}: ${what}`,
    })
  })

  test.each([
    ['config.yaml', 'logs: [false'],
    ['config.json', '{"logs": '],
    ['config.mjs', 'export default {'],
  ])('a broken %s, in one line that names it', async (name, content) => {
    await write(name, content)
    const loading = load()
    await expect(loading).rejects.toMatchObject({code: 'CONFIGURATION'})
    await expect(loading).rejects.toThrow(inTemp())
    await expect(loading).rejects.not.toThrow('\n')
  })

  test('a program that fails, with its own words', async () => {
    await write('config.mjs', 'throw new Error("no such host")')
    const loading = load()
    await expect(loading).rejects.toMatchObject({code: 'CONFIGURATION'})
    await expect(loading).rejects.toThrow('no such host')
  })

  test('a file that others may write', async () => {
    await write('config.yaml', 'logs: false')
    await chmod(inTemp('config.yaml'), 0o666)
    await expect(load()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp('config.yaml')}: others than its owner may write it; \`chmod go-w ${inTemp('config.yaml')}\` mends it`,
    })
  })

  test('a file in a directory that others may write', async () => {
    await write('config.yaml', 'logs: false')
    await chmod(inTemp(), 0o777)
    await expect(load()).rejects.toMatchObject({code: 'CONFIGURATION'})
  })
})
