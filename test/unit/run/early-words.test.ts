import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {configWords, namesEngine} from '../../../src/run/early-words.js'
import {useTempDirectory} from '../../support/temp-directory.js'

test.each([
  [['-H', 'unix:///a', 'run', 'image'], true],
  [['--host=unix:///a', 'run', 'image'], true],
  [['-DHunix:///a', 'run', 'image'], true],
  [['-c', 'default', 'run', 'image'], true],
  [['--context=default', 'run', 'image'], true],
  [['-c', 'memory', '-p', '/run/x', 'run', 'image'], false],
  [['--notify', 'run', '-H', 'image'], false],
])('whether a line says where the Engine is, is seen at once: %j', (words, names) => {
  expect(namesEngine(words)).toBe(names)
})

describe('--config', () => {
  const directory = useTempDirectory()

  test("a directory is that of docker's client, and a file is ours", async () => {
    const file = join(directory(), 'a.yaml')
    await writeFile(file, '')
    expect(configWords(['--config', directory(), '--config', file, 'run', '--config=x', 'image'])).toEqual({
      directory: directory(),
      file,
    })
    expect(configWords([`--config=${directory()}`, 'run', 'image'])).toEqual({directory: directory()})
  })

  test('what is not there is a file of ours', () => {
    expect(configWords(['--config', '/nowhere/at/all', 'run', 'image'])).toEqual({file: '/nowhere/at/all'})
    expect(configWords(['run', 'image'])).toEqual({})
  })
})
