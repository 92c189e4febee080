import {readFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {TOLD, both, requestsOf} from './both.js'

const FILE = new URL('../fixtures/docker-run-lines.txt', import.meta.url)

/** The words of a line, quotes taken off as a shell does; what it would put in for `$` and `~` stays as it stands. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s"'$]|\$)+/g) ?? []
  return words.map((word) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  )
}

const lines = (await readFile(FILE, 'utf8'))
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  // What a unit's specifiers come to.
  .map((line) => wordsOf(line.replaceAll('%n', 'web.service').replaceAll('%p', 'web')))

const pairs = await both(lines, TOLD)

test('the fixture has some hundreds of lines', () => {
  expect(pairs.length).toBeGreaterThan(290)
})

test.each(pairs.map((pair) => [pair.line, pair] as const))(
  'the Engine is asked for what docker asks for: %s',
  (_, pair) => {
    const {docker, ours} = requestsOf(pair)
    expect(ours).toEqual(docker)
  },
)
