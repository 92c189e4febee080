import {execFileSync} from 'node:child_process'
import {access, chmod, mkdir, symlink, writeFile} from 'node:fs/promises'
import {afterEach, describe, expect, test} from 'vitest'
import {configDirectories, configPaths, readConfigFiles} from '../../../src/config/files.js'
import {layersOf} from '../../../src/config/layers.js'
import type {OptionDeclarations, OptionValue} from '../../../src/options/option.js'
import {useTempDirectory} from '../../support/temp-directory.js'

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

/** What the files of a directory say of all units. */
async function load(directory = inTemp()): Promise<Record<string, OptionValue>> {
  const files = await readConfigFiles(configPaths(directory))
  const layers = layersOf(files, [{name: 'test', options: DECLARATIONS}], {unit: undefined, host: 'alpha'})
  return Object.assign({}, ...layers.toReversed().map(({values}) => values)) as Record<string, OptionValue>
}

describe('a configuration file', () => {
  const settings = {logs: false, cgroups: ['cpu', 'memory'], 'pid-file': '/run/x.pid'}

  test.each([
    ['config.yaml', 'logs: false\ncgroups: [cpu, memory]\npid-file: /run/x.pid\n'],
    ['config.yml', 'logs: false\ncgroups:\n  - cpu\n  - memory\npid-file: "/run/x.pid"\n'],
    ['config.json', JSON.stringify(settings)],
    ['config.js', `module.exports = ${JSON.stringify(settings)}`],
    ['config.mjs', `export default ${JSON.stringify(settings)}`],
  ])('a configuration file may be %s', async (name, content) => {
    await write(name, content)
    expect(await load()).toEqual(settings)
  })

  test('the file that is read is the first there is of yaml, yml, json, js and mjs', async () => {
    await write('config.mjs', 'export default {"pid-file": "mjs"}')
    expect(await load()).toEqual({'pid-file': 'mjs'})
    await write('config.json', '{"pid-file": "json"}')
    expect(await load()).toEqual({'pid-file': 'json'})
    await write('config.yaml', 'pid-file: yaml')
    expect(await load()).toEqual({'pid-file': 'yaml'})
  })

  test('a configuration file may give a list of one as a string', async () => {
    await write('config.yaml', 'cgroups: name=systemd')
    expect(await load()).toEqual({cgroups: ['name=systemd']})
  })

  test('a configuration file may give an empty list', async () => {
    await write('config.yaml', 'cgroups: []')
    expect(await load()).toEqual({cgroups: []})
  })

  test.each(['', '# nothing yet\n', '{}'])('a configuration file may say nothing (%j)', async (content) => {
    await write('config.yaml', content)
    expect(await load()).toEqual({})
  })
})

describe('no settings', () => {
  test('a host without the directory has no settings', async () => {
    expect(await load(inTemp('none'))).toEqual({})
  })

  test('an empty directory has no settings', async () => {
    expect(await load()).toEqual({})
  })

  test('files of other names have no settings', async () => {
    await write('settings.yaml', 'logs: false')
    await write('.systemd-dockerrc', 'logs: false')
    await write('package.json', '{"systemd-docker": {"logs": false}}')
    expect(await load()).toEqual({})
  })

  test('the directory above has no settings', async () => {
    await mkdir(inTemp('below'))
    await write('config.yaml', 'logs: false')
    expect(await load(inTemp('below'))).toEqual({})
  })
})

describe('what is refused', () => {
  test.each([
    [
      'an unknown key',
      'colour: red',
      "unknown key 'colour'; known keys are logs, cgroups, pid-file, plugins, hosts, units",
    ],
    ['a misspelt key', 'pidfile: /run/x', "unknown key 'pidfile', did you mean 'pid-file'?"],
    [
      "a key that is JavaScript's",
      'constructor: x',
      "unknown key 'constructor'; known keys are logs, cgroups, pid-file, plugins, hosts, units",
    ],
    ['a string for a switch', 'logs: "false"', `'logs' must be true or false, not "false"`],
    ['what is no switch in YAML 1.2, but was in 1.1', 'logs: yes', `'logs' must be true or false, not "yes"`],
    ['a number for a switch', 'logs: 0', "'logs' must be true or false, not 0"],
    ['nothing for a switch', 'logs:', "'logs' must be true or false, not null"],
    ['a switch for a string', 'pid-file: true', "'pid-file' must be a string, not true"],
    ['a list for a string', 'pid-file: [a]', `'pid-file' must be a string, not ["a"]`],
    ['a number in a list', 'cgroups: [cpu, 1]', `'cgroups' must be a list of strings, not ["cpu",1]`],
    ['a mapping for a list', 'cgroups: {cpu: 1}', `'cgroups' must be a list of strings, not {"cpu":1}`],
    ['a list of settings', '- logs', 'must be a mapping from option names to values, not ["logs"]'],
    ['a word', 'logs', 'must be a mapping from option names to values, not "logs"'],
  ])('%s is refused, and the file is named', async (_, content, what) => {
    await write('config.yaml', content)
    await expect(load()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp('config.yaml')}${what.startsWith('must') ? '' : ':1'}: ${what}`,
    })
  })

  test.each([
    ['config.yaml', 'logs: [false'],
    ['config.json', '{"logs": '],
    ['config.mjs', 'export default {'],
  ])('a broken %s is refused, in one line that names it', async (name, content) => {
    await write(name, content)
    const loading = load()
    await expect(loading).rejects.toMatchObject({code: 'CONFIGURATION'})
    await expect(loading).rejects.toThrow(inTemp())
    await expect(loading).rejects.not.toThrow('\n')
  })

  test('a program that fails is refused, with its own words', async () => {
    await write('config.mjs', 'throw new Error("no such host")')
    const loading = load()
    await expect(loading).rejects.toMatchObject({code: 'CONFIGURATION'})
    await expect(loading).rejects.toThrow('no such host')
  })

  test('a program that others may write is refused before it runs', async () => {
    const program = `import {writeFileSync} from 'node:fs'\nwriteFileSync(${JSON.stringify(inTemp('ran'))}, '')\nexport default {}`
    await write('config.mjs', program)
    await chmod(inTemp('config.mjs'), 0o666)
    await expect(load()).rejects.toMatchObject({code: 'CONFIGURATION'})
    await expect(access(inTemp('ran'))).rejects.toMatchObject({code: 'ENOENT'})
  })

  test("a file that is not there, as docker's client goes on without its directory", async () => {
    await expect(readConfigFiles([inTemp('.docker')])).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp('.docker')}: it does not exist; where it is to be the directory of docker's client, leave --config out`,
    })
  })

  test('a file of a kind that nobody reads is refused, with those that are', async () => {
    await write('config.toml', 'logs = false')
    await expect(readConfigFiles([inTemp('config.toml')])).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp('config.toml')}: its name must end in one of .yaml .yml .json .js .cjs .mjs`,
    })
  })

  test.each<[string, string, () => unknown]>([
    ['a FIFO', 'it is a FIFO, not a regular file', () => execFileSync('mkfifo', [inTemp('config.yaml')])],
    ['a directory', 'it is a directory, not a regular file', () => mkdir(inTemp('config.yaml'))],
    ['endless', 'it is a device, not a regular file', () => symlink('/dev/zero', inTemp('config.yaml'))],
    ['huge', 'it has more than 1048576 bytes', () => write('config.yaml', '#'.repeat(1024 * 1024 + 1))],
  ])('a file that is %s is refused at once', async (_, what, make) => {
    await make()
    await expect(load()).rejects.toMatchObject({code: 'CONFIGURATION', message: `${inTemp('config.yaml')}: ${what}`})
  })

  test('a file that has another read is refused', async () => {
    await write('config.yaml', '$import: /tmp/other.yaml')
    await expect(load()).rejects.toMatchObject({code: 'CONFIGURATION'})
  })

  test('a file that others may write is refused', async () => {
    await write('config.yaml', 'logs: false')
    await chmod(inTemp('config.yaml'), 0o666)
    await expect(load()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp('config.yaml')}: users other than its owner may write to it; correct it with \`chmod go-w ${inTemp('config.yaml')}\``,
    })
  })

  test('a file in a directory that others may write is refused', async () => {
    await write('config.yaml', 'logs: false')
    await chmod(inTemp(), 0o777)
    await expect(load()).rejects.toMatchObject({code: 'CONFIGURATION'})
  })
})

describe('the working directory', () => {
  const before = process.cwd()
  afterEach(() => {
    process.chdir(before)
  })

  test.each([
    ['.config/config.js', 'require("node:fs").writeFileSync("ran", "")'],
    ['.config/config.cjs', 'require("node:fs").writeFileSync("ran", "")'],
    ['.config/config.json', '{"cosmiconfig": {"loaders": {}}}'],
    ['package.json', '{"cosmiconfig": {"searchStrategy": "none"}}'],
    ['package.yaml', 'cosmiconfig: {loaders: {}}'],
  ])('the working directory has no say: %s in it is neither run nor read', async (name, content) => {
    await write('config.yaml', 'logs: false')
    await mkdir(inTemp('home', '.config'), {recursive: true})
    await write(`home/${name}`, content)
    process.chdir(inTemp('home'))
    expect(await load()).toEqual({logs: false})
    await expect(access(inTemp('home', 'ran'))).rejects.toMatchObject({code: 'ENOENT'})
  })
})

describe('drop-ins', () => {
  test('drop-ins are read after the file, by name, and a later one wins', async () => {
    await mkdir(inTemp('config.d'))
    await write('config.yaml', 'logs: false\npid-file: /run/main')
    await write('config.d/20-late.json', '{"pid-file": "/run/late"}')
    await write('config.d/10-early.yaml', 'pid-file: /run/early\ncgroups: cpu')
    await write('config.d/README', 'not: read')
    expect(configPaths(inTemp())).toEqual([
      inTemp('config.yaml'),
      inTemp('config.d/10-early.yaml'),
      inTemp('config.d/20-late.json'),
    ])
    expect(await load()).toEqual({logs: false, 'pid-file': '/run/late', cgroups: ['cpu']})
  })
})

describe('where configuration is looked for', () => {
  test("root has the host's configuration alone", () => {
    expect(configDirectories({HOME: '/root', XDG_CONFIG_HOME: '/root/x'}, 0)).toEqual(['/etc/systemd-docker'])
  })

  test.each([
    [{XDG_CONFIG_HOME: '/home/a/x', HOME: '/home/a'}, '/home/a/x/systemd-docker'],
    [{HOME: '/home/a'}, '/home/a/.config/systemd-docker'],
  ])("others have their own configuration, which wins over the host's, with %j", (env, directory) => {
    expect(configDirectories(env, 1000)).toEqual(['/etc/systemd-docker', directory])
  })
})
