import {existsSync} from 'node:fs'
import {chmod, chown, lstat, mkdir, readFile, readdir, stat, symlink, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {
  dropEmptyRuntimes,
  registerRuntime,
  registeredRuntime,
  unregisterRuntime,
} from '../../../src/setup/daemon-json.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const NAME = 'systemd-docker'
const PROGRAM = '/usr/local/bin/systemd-docker-runc'
const inTemp = useTempDirectory()
const file = (): string => inTemp('daemon.json')
const kept = (): string => inTemp('daemon.json.before-systemd-docker')

async function register(before: string | undefined, program: string | undefined = PROGRAM): Promise<string> {
  if (before !== undefined) await writeFile(file(), before)
  await registerRuntime(file(), NAME, program)
  return await readFile(file(), 'utf8')
}

function json(value: unknown, indent: string | number = 2): string {
  return `${JSON.stringify(value, null, indent)}\n`
}

describe('a runtime is given to the Engine', () => {
  const ours = {[NAME]: {path: PROGRAM}}

  test.each<[string, string | undefined, string]>([
    ['in a file that is made', undefined, json({runtimes: ours})],
    ['in an empty file', '', json({runtimes: ours})],
    ['in a file of blanks', '\n \n', json({runtimes: ours})],
    ['in a file with nothing in it', '{}\n', json({runtimes: ours})],
    [
      'behind all other keys, whose order stays',
      json({'storage-driver': 'overlay2', 'log-opts': {'max-size': '10m'}, debug: false, hosts: [], 'data-root': null}),
      json({
        'storage-driver': 'overlay2',
        'log-opts': {'max-size': '10m'},
        debug: false,
        hosts: [],
        'data-root': null,
        runtimes: ours,
      }),
    ],
    [
      'beside other runtimes, where they are',
      json({runtimes: {nvidia: {path: 'nvidia-container-runtime', runtimeArgs: ['-x']}}, 'default-runtime': 'nvidia'}),
      json({
        runtimes: {nvidia: {path: 'nvidia-container-runtime', runtimeArgs: ['-x']}, ...ours},
        'default-runtime': 'nvidia',
      }),
    ],
    [
      'in place of one of that name',
      json({runtimes: {[NAME]: {path: '/old', runtimeArgs: ['-x']}, runsc: {path: 'runsc'}}}),
      json({runtimes: {...ours, runsc: {path: 'runsc'}}}),
    ],
    ['in a file that is indented by four', json({debug: true}, 4), json({debug: true, runtimes: ours}, 4)],
    ['in a file that is indented by tabs', json({debug: true}, '\t'), json({debug: true, runtimes: ours}, '\t')],
    ['in a file of one line', '{"debug":true}', json({debug: true, runtimes: ours})],
    [
      'beside text of any language',
      json({'log-opts': {labels: 'größe\u2028"x"\\'}}),
      json({'log-opts': {labels: 'größe\u2028"x"\\'}, runtimes: ours}),
    ],
  ])('a runtime is given to the Engine %s', async (_, before, after) => {
    expect(await register(before)).toBe(after)
    expect(await registeredRuntime(file(), NAME)).toBe(PROGRAM)
  })

  test('the file before is kept', async () => {
    await writeFile(file(), '{"debug":true}')
    expect(await registerRuntime(file(), NAME, PROGRAM)).toBe(kept())
    expect(await readFile(kept(), 'utf8')).toBe('{"debug":true}')
    expect((await readdir(inTemp())).toSorted()).toEqual(['daemon.json', 'daemon.json.before-systemd-docker'])
  })

  test('no file is kept where there was none', async () => {
    expect(await registerRuntime(file(), NAME, PROGRAM)).toBeUndefined()
    expect(await readdir(inTemp())).toEqual(['daemon.json'])
  })

  test.each([0o600, 0o640, 0o664])('the file keeps its mode %o', async (mode) => {
    await writeFile(file(), '{}')
    await chmod(file(), mode)
    await register(undefined)
    expect((await stat(file())).mode & 0o7777).toBe(mode)
  })

  test('the file keeps its owner', async () => {
    await writeFile(file(), '{}')
    // Only root can give files away.
    if (process.getuid?.() === 0) await chown(file(), 1000, 1001)
    const before = await stat(file())
    await register(undefined)
    expect(await stat(file())).toMatchObject({uid: before.uid, gid: before.gid})
  })

  test('a file that is made is one that all may read', async () => {
    await register(undefined)
    expect((await stat(file())).mode & 0o7777).toBe(0o644)
  })

  test('a runtime is given though another run left an unfinished file, and without writing to where a link leads', async () => {
    await writeFile(inTemp('victim'), 'precious')
    await symlink('victim', inTemp('daemon.json.new'))
    expect(await register('{}')).toBe(json({runtimes: ours}))
    expect(await readFile(inTemp('victim'), 'utf8')).toBe('precious')
    expect(await readdir(inTemp())).not.toContain('daemon.json.new')
  })
})

describe('a runtime is taken from the Engine', () => {
  test.each<[string, string, string]>([
    [
      'with all of them where it was the only one',
      json({debug: true, runtimes: {[NAME]: {path: PROGRAM}}}),
      json({debug: true, runtimes: {}}),
    ],
    [
      'and the others stay',
      json({runtimes: {a: {path: 'a'}, [NAME]: {path: PROGRAM}, b: {path: 'b'}}, debug: true}),
      json({runtimes: {a: {path: 'a'}, b: {path: 'b'}}, debug: true}),
    ],
    ['where it was not', json({runtimes: {a: {path: 'a'}}}), json({runtimes: {a: {path: 'a'}}})],
  ])('a runtime is taken from the Engine %s', async (_, before, after) => {
    await writeFile(file(), before)
    await unregisterRuntime(file(), NAME)
    expect(await readFile(file(), 'utf8')).toBe(after)
    expect(existsSync(kept())).toBe(false)
    expect(await registeredRuntime(file(), NAME)).toBeUndefined()
  })

  test.each(['  ', '    ', '\t'])('the file is as it was before it was given, indented by %j', async (indent) => {
    const before = json({debug: true, 'exec-opts': ['native.cgroupdriver=systemd'], labels: []}, indent)
    await register(before)
    await unregisterRuntime(file(), NAME)
    await dropEmptyRuntimes(file())
    expect(await readFile(file(), 'utf8')).toBe(before)
    expect(await readFile(kept(), 'utf8')).toBe(before)
  })
})

test('runtimes that are not empty are not dropped', async () => {
  const before = json({runtimes: {a: {path: 'a'}}})
  await writeFile(file(), before)
  await dropEmptyRuntimes(file())
  expect(await readFile(file(), 'utf8')).toBe(before)
})

test('a file that is a link stays one', async () => {
  const target = `${file()}.target`
  await writeFile(target, json({debug: true}))
  await symlink(target, file())
  await registerRuntime(file(), NAME, PROGRAM)
  expect((await lstat(file())).isSymbolicLink()).toBe(true)
  expect(await registeredRuntime(target, NAME)).toBe(PROGRAM)
})

describe('the program of a runtime', () => {
  test.each<[string, string | undefined, string | undefined]>([
    ['is what the file says', json({runtimes: {[NAME]: {path: '/x'}}}), '/x'],
    ['is none where the file names others', json({runtimes: {runsc: {path: '/x'}}}), undefined],
    ['is none where the file has no path for it', json({runtimes: {[NAME]: {runtimeType: 'x'}}}), undefined],
    ['is none where the file has nonsense for it', json({runtimes: {[NAME]: {path: 7}}}), undefined],
    ['is none where the file has no object for it', json({runtimes: {[NAME]: '/x'}}), undefined],
    ['is none where there are no runtimes', '{}', undefined],
    ['is none in an empty file', '', undefined],
    ['is none where there is no file', undefined, undefined],
  ])('the program of a runtime %s', async (_, text, program) => {
    if (text !== undefined) await writeFile(file(), text)
    expect(await registeredRuntime(file(), NAME)).toBe(program)
  })
})

describe('a file is left as it is', () => {
  test.each([
    ['that is no JSON', '{"debug": true,}', 'it is not valid JSON: '],
    ['that ends in the middle', '{"debug": tr', 'it is not valid JSON: '],
    ['that has comments', '{} // x', 'it is not valid JSON: '],
    ['that is an array', '[]', 'it is not a JSON object that the Engine accepts'],
    ['that is null', 'null', 'it is not a JSON object that the Engine accepts'],
    ['that is a string', '"x"', 'it is not a JSON object that the Engine accepts'],
    ['whose runtimes are an array', '{"runtimes": []}', 'it is not a JSON object that the Engine accepts'],
    ['whose runtimes are null', '{"runtimes": null}', 'it is not a JSON object that the Engine accepts'],
    ['whose runtimes are a string', '{"runtimes": "runc"}', 'it is not a JSON object that the Engine accepts'],
  ])('a file %s is left as it is', async (_, text, why) => {
    await writeFile(file(), text)
    for (const attempt of [
      () => registerRuntime(file(), NAME, PROGRAM),
      () => unregisterRuntime(file(), NAME),
      () => registeredRuntime(file(), NAME),
    ])
      await expect(attempt()).rejects.toMatchObject({
        code: 'SETUP',
        message: expect.stringContaining(`${file()} is left as it is: ${why}`) as string,
      })
    expect(await readFile(file(), 'utf8')).toBe(text)
    expect(await readdir(inTemp())).toEqual(['daemon.json'])
  })

  test('a file that cannot be read is left as it is', async () => {
    await mkdir(file())
    await expect(registerRuntime(file(), NAME, PROGRAM)).rejects.toThrow(`cannot read ${file()}: EISDIR`)
    expect(await readdir(inTemp())).toEqual(['daemon.json'])
  })

  test('a file that cannot be kept is left as it is, and nothing unfinished stays', async () => {
    await writeFile(file(), '{}')
    await mkdir(kept())
    await expect(registerRuntime(file(), NAME, PROGRAM)).rejects.toThrow(`cannot write ${kept()}: `)
    expect(await readFile(file(), 'utf8')).toBe('{}')
    expect((await readdir(inTemp())).toSorted()).toEqual(['daemon.json', 'daemon.json.before-systemd-docker'])
  })

  test('a file beside which nothing can be written is left as it is', async () => {
    await writeFile(file(), '{}')
    await mkdir(inTemp('daemon.json.new'))
    await expect(registerRuntime(file(), NAME, PROGRAM)).rejects.toThrow(`cannot write ${file()}: `)
    expect(await readFile(file(), 'utf8')).toBe('{}')
  })

  test('a file whose directory is not there is left as it is', async () => {
    const missing = inTemp('gone', 'daemon.json')
    await expect(registerRuntime(missing, NAME, PROGRAM)).rejects.toThrow(`cannot write ${missing}: ENOENT`)
    expect(await readdir(inTemp())).toEqual([])
  })
})
