import {chmod, mkdir, readFile, readdir, rename, stat, symlink, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import {readConfigFiles} from '../../../src/config/files.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()
const TEXT = 'logs: false\ncgroups: [cpu]\n'

let state: string
let path: string

/** What the file says, to a run that keeps what it reads. */
async function read(): Promise<unknown> {
  const [file] = await readConfigFiles([path], state)
  return file?.content
}

async function write(text: string, name = 'config.yaml'): Promise<void> {
  path = inTemp(name)
  await writeFile(path, text, {mode: 0o644})
}

/** The one file that is kept. */
async function keptFile(): Promise<string> {
  return join(state, (await readdir(state)).join())
}

/** Puts something else into the one file that is kept, so that whoever reads that is found out. */
async function alter(changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const kept = JSON.parse(await readFile(await keptFile(), 'utf8')) as Record<string, unknown>
  await writeFile(await keptFile(), JSON.stringify({...kept, content: {logs: 'kept'}, ...changes}))
}

beforeEach(async () => {
  state = inTemp('state')
  await mkdir(state, {mode: 0o700})
  await write(TEXT)
})

test('what a configuration file says is kept for the runs after it, for its owner alone, and nothing else is left', async () => {
  expect(await read()).toEqual({logs: false, cgroups: ['cpu']})
  expect(await readdir(state)).toEqual([`config${path.replaceAll('/', '-')}.json`])
  expect((await stat(await keptFile())).mode & 0o777).toBe(0o600)
  await alter()
  expect(await read()).toEqual({logs: 'kept'})
})

test('a configuration file that was changed is read anew, whatever its times say', async () => {
  await read()
  const {atime, mtime} = await stat(path)
  await write(TEXT.replace('false', 'true'))
  await utimes(path, atime, mtime)
  expect(await read()).toEqual({logs: true, cgroups: ['cpu']})
  await alter()
  expect(await read()).toEqual({logs: 'kept'})
})

test('a configuration file that others may write to is refused, although what it says is kept', async () => {
  await read()
  await chmod(path, 0o666)
  await expect(read()).rejects.toMatchObject({code: 'CONFIGURATION'})
})

describe('what is kept is not used', () => {
  test.each([
    ['in another format', async () => await alter({format: 0})],
    ['of another version of what reads configuration', async () => await alter({loaders: 'js-yaml 3.0.0'})],
    ['of another file', async () => await alter({path: '/etc/systemd-docker/config.yaml'})],
    ['of another text', async () => await alter({text: 'logs: true'})],
    ['without content', async () => await alter({content: undefined})],
    ['that is no text of ours', async () => await writeFile(await keptFile(), '{"loaders"')],
    ['that is null', async () => await writeFile(await keptFile(), 'null')],
    [
      'of too many bytes',
      async () => {
        await alter({more: 'x'.repeat(256 * 1024)})
      },
    ],
    [
      'behind a link',
      async () => {
        const file = await keptFile()
        await alter()
        await rename(file, inTemp('elsewhere'))
        await symlink(inTemp('elsewhere'), file)
      },
    ],
    [
      'in a directory that others may write to',
      async () => {
        await alter()
        await chmod(state, 0o777)
      },
    ],
  ])('%s', async (_, spoil) => {
    await read()
    await spoil()
    expect(await read()).toEqual({logs: false, cgroups: ['cpu']})
  })
})

test.each([
  ['a comment alone', '# nothing\n', 'config.yaml', {}],
  [
    'a key that every object has',
    '__proto__: {logs: true}\n',
    'config.yaml',
    JSON.parse('{"__proto__": {"logs": true}}'),
  ],
  ['JSON', '{"logs": false}', 'config.json', {logs: false}],
  ['a file without an ending', 'logs: false\n', 'config', {logs: false}],
])('what is kept says the same as what was read: %s', async (_, text, name, content) => {
  await write(text, name)
  expect(await read()).toStrictEqual(content)
  expect(await readdir(state)).toHaveLength(1)
  expect(await read()).toStrictEqual(content)
})

test('of two files whose paths come to one name, each says what it says', async () => {
  await mkdir(inTemp('a'), {mode: 0o755})
  await write('logs: true\n', 'a/b.yaml')
  const below = path
  await write('logs: false\n', 'a-b.yaml')
  const beside = path
  for (const [one, content] of [
    [below, {logs: true}],
    [beside, {logs: false}],
    [below, {logs: true}],
  ] as const) {
    path = one
    expect(await read()).toEqual(content)
  }
  expect(await readdir(state)).toHaveLength(1)
})

test('a text that cannot be read is refused where another one is kept, in the same words', async () => {
  await read()
  await write('logs: [')
  const refusal: unknown = await read().catch((error: unknown) => error)
  await expect(readConfigFiles([path])).rejects.toEqual(refusal)
})

test('what a run that was killed has left unfinished hinders none after it', async () => {
  await writeFile(join(state, `config${path.replaceAll('/', '-')}.json.${String(process.pid)}`), '{')
  await read()
  await read()
  await alter()
  expect(await read()).toEqual({logs: 'kept'})
})

describe('what is not kept', () => {
  test.each([
    ['a date, for which JSON has no word', 'logs: 2026-01-01\n'],
    ['a number that JSON does not have', 'logs: .inf\n'],
    ['a list that contains itself', 'cgroups: &all [*all]\n'],
    ['more than 256 KiB', `logs: ${'x'.repeat(256 * 1024)}\n`],
    ['nothing', '\n'],
  ])('%s', async (_, text) => {
    await write(text)
    const [first, second] = [await read(), await read()]
    expect(second).toEqual(first)
    expect(await readdir(state)).toEqual([])
  })

  test('a program, which may say something else each time', async () => {
    await write('module.exports = {logs: false}', 'config.cjs')
    expect(await read()).toEqual({logs: false})
    expect(await readdir(state)).toEqual([])
  })

  test('what cannot be read', async () => {
    await write('logs: [')
    await expect(read()).rejects.toMatchObject({code: 'CONFIGURATION'})
    expect(await readdir(state)).toEqual([])
  })
})

test.each([
  ['is a file', async () => await writeFile(inTemp('file'), ''), 'file'],
  ['cannot be made', () => undefined, 'no/such'],
])('a configuration file is read where the directory to keep that in %s', async (_, make, name) => {
  await make()
  state = inTemp(name)
  expect(await read()).toEqual({logs: false, cgroups: ['cpu']})
})

test('what is kept names the versions of what read it', async () => {
  await read()
  const versions = await Promise.all(
    ['cosmiconfig', 'js-yaml', 'parse-json'].map(async (name) => {
      const text = await readFile(join(import.meta.dirname, '../../../node_modules', name, 'package.json'), 'utf8')
      return `${name} ${(JSON.parse(text) as {version: string}).version}`
    }),
  )
  expect(JSON.parse(await readFile(await keptFile(), 'utf8'))).toMatchObject({loaders: versions.join(', ')})
})
