import {readFile, readdir} from 'node:fs/promises'
import {dirname, join, relative, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import ts from 'typescript'
import {expect, test} from 'vitest'
import {FLOORS, GROUND, floorOf} from '../../lint/floors.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SOURCE = join(ROOT, 'src')

test('every floor uses only floors below it', () => {
  for (const [index, {path, uses}] of FLOORS.entries())
    expect(uses.filter((used) => !FLOORS.slice(index + 1).some((below) => below.path === used), path)).toEqual([])
})

test('every file of src is on a floor, and every floor has files', async () => {
  const files = await sourceFiles()
  expect(files.filter((file) => floorOf(file) === undefined)).toEqual([])
  expect(FLOORS.filter((floor) => !files.some((file) => floorOf(file) === floor))).toEqual([])
})

test('no file of src imports itself by way of others', async () => {
  expect(ringsIn(await importGraph())).toEqual([])
})

test('a ring of files is found', () => {
  const graph = new Map([
    ['a.ts', ['b.ts']],
    ['b.ts', ['c.ts', 'd.ts']],
    ['c.ts', ['a.ts']],
    ['d.ts', []],
  ])
  expect(ringsIn(graph)).toEqual([['a.ts', 'b.ts', 'c.ts']])
})

test('no two files of src export the same name', async () => {
  const exporters = new Map<string, string[]>()
  for (const file of await sourceFiles())
    for (const name of namesExportedIn(await readFile(join(SOURCE, file), 'utf8')))
      exporters.set(name, [...(exporters.get(name) ?? []), file])
  expect([...exporters].filter(([, files]) => files.length > 1)).toEqual([])
})

test('the names that a file exports are found', () => {
  const kinds = 'const a = 1, b = 2; function c() {} class D {} interface E {} type F = 1; enum G {}'
  const exported = kinds.replaceAll(/const|function|class|interface|type|enum/g, 'export $&')
  const others = "const x = 1; export default class Y {}; export {z} from './z.js'; export {x as w}"
  expect(namesExportedIn(`${exported} ${others}`)).toEqual(['a', 'b', 'c', 'D', 'E', 'F', 'G'])
})

test('the table of floors in ARCHITECTURE.md says what the list says', async () => {
  const text = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
  const rows = [...text.matchAll(/^\| \[[^\]]+\]\(src\/([^)]+)\) \| [^|]+ \| ([^|]*) \| ([^|]*) \|$/gm)]
  const said = rows.map(([, floor, uses, usedBy]) => ({floor, uses, usedBy}))
  const listed = FLOORS.filter(({path}) => !GROUND.includes(path)).map(({path, uses}) => ({
    floor: path,
    uses: uses.filter((used) => !GROUND.includes(used)).join(', ') || '-',
    usedBy:
      FLOORS.filter((other) => other.uses.includes(path))
        .map((other) => other.path)
        .join(', ') || '-',
  }))
  expect(said).toEqual(listed)
})

/** The files of src, by their paths in it. */
async function sourceFiles(): Promise<string[]> {
  const entries = await readdir(SOURCE, {recursive: true})
  return entries.filter((entry) => entry.endsWith('.ts'))
}

/** The names that a file declares and exports; what it exports of another is that one's, and the default has none. */
function namesExportedIn(text: string): string[] {
  const {statements} = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest)
  const exported = statements.filter((statement) => {
    const flags = ts.getCombinedModifierFlags(statement as ts.Statement & ts.Declaration)
    return (flags & ts.ModifierFlags.Export) !== 0 && (flags & ts.ModifierFlags.Default) === 0
  })
  const names = exported.flatMap((statement) => {
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({name}) => name)
    return 'name' in statement ? [statement.name as ts.Identifier] : []
  })
  return [...new Set(names.map((name) => (ts.isIdentifier(name) ? name.text : '')))]
}

/** What each file of src imports of src, types too. */
async function importGraph(): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>()
  for (const file of await sourceFiles()) {
    const {importedFiles} = ts.preProcessFile(await readFile(join(SOURCE, file), 'utf8'), true, true)
    const relatives = importedFiles.filter(({fileName}) => fileName.startsWith('.'))
    graph.set(
      file,
      relatives.map(({fileName}) => relative(SOURCE, resolve(SOURCE, dirname(file), fileName)).replace(/\.js$/, '.ts')),
    )
  }
  return graph
}

/** Files that come back to themselves along what they import, each ring's sorted. */
function ringsIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const reached = new Map([...graph.keys()].map((file) => [file, reachableFrom(file, graph)]))
  const ringOf = (file: string): string[] =>
    [...graph.keys()].filter((other) => reached.get(file)?.has(other) && reached.get(other)?.has(file)).sort()
  const rings = [...graph.keys()].map(ringOf).filter((ring) => ring.length > 0)
  return [...new Set(rings.map((ring) => ring.join()))].map((ring) => ring.split(','))
}

function reachableFrom(file: string, graph: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>()
  const toSee = [...(graph.get(file) ?? [])]
  for (let next = toSee.pop(); next !== undefined; next = toSee.pop()) {
    if (found.has(next)) continue
    found.add(next)
    toSee.push(...(graph.get(next) ?? []))
  }
  return found
}
