import {readFile, readdir} from 'node:fs/promises'
import {join, relative} from 'node:path'
import {fileURLToPath} from 'node:url'
import ts from 'typescript'
import {describe, expect, test} from 'vitest'
import {starterFiles} from '../../src/commands/plugins/template.js'
import {withThisPackage} from '../support/plugin-packages.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * What the compiler says of programs that import the built package, as their author's editor would: a line for each
 * finding, by file.
 */
async function findings(
  files: Readonly<Record<string, string>>,
  copies: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const directory = await withThisPackage(files, copies)
  const entries = await readdir(directory, {recursive: true})
  const sources = entries.filter((entry) => !entry.startsWith('node_modules') && /\.(?:[cm]?js|ts)$/.test(entry))
  expect(sources).not.toEqual([])
  const program = ts.createProgram(
    sources.map((source) => join(directory, source)),
    {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      noImplicitReturns: true,
      allowJs: true,
      checkJs: true,
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    },
  )
  return ts.getPreEmitDiagnostics(program).map(({file, start = 0, messageText}) => {
    const place =
      file === undefined
        ? ''
        : `${relative(directory, file.fileName)}:${String(file.getLineAndCharacterOfPosition(start).line + 1)}: `
    return place + ts.flattenDiagnosticMessageText(messageText, '\n')
  })
}

describe("the package's types", () => {
  test('the types take what a plugin may say, and refuse what it may not', async () => {
    expect(await findings({'package.json': '{"type": "module"}'}, {types: 'test/types'})).toEqual([])
  })

  test('the types take the plugins of examples/', async () => {
    expect(await findings({}, {plugins: 'examples/plugins'})).toEqual([])
  })

  test('the types take the starter package as `plugins new` writes it', async () => {
    expect(await findings(starterFiles('demo'))).toEqual([])
  })

  test('the types take every program that docs/writing-a-plugin.md shows', async () => {
    const page = await readFile(join(ROOT, 'docs/writing-a-plugin.md'), 'utf8')
    const files: Record<string, string> = {'package.json': '{"type": "module"}'}
    // A program is called as the words before it say.
    const blocks = page.matchAll(/(?:`([\w.]+)`:\n\n)?^```(js|ts)\n([^]*?)^```$/gm)
    for (const [, name, language = '', text = ''] of blocks)
      files[name ?? `${String(Object.keys(files).length)}.${language}`] = text
    expect(Object.keys(files).length).toBeGreaterThan(3)
    expect(await findings(files)).toEqual([])
  })

  test('the types make a finding of a plugin that is none', async () => {
    const wrong = `/** @type {import('systemd-docker').RunPlugin} */
export default {name: 'wrong', options: {}, setup: () => ({ready: () => true})}
`
    expect(await findings({'wrong.mjs': wrong})).toEqual([expect.stringMatching(/^wrong\.mjs:2: /)])
  })
})
