import {writeFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {compile, evaluate} from '../../../src/executable/compile.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()

/** A module as the executable carries it. */
const moduleOf = (text: string) => `(function (exports, require, module, __filename, __dirname) {${text}})`

test('a module has what a CommonJS module has, and what it exports is given', () => {
  const script = compile('x.cjs', moduleOf('exports.one = require("./y.cjs"); module.exports.file = __filename'))
  expect(evaluate(script, 'x.cjs', (id) => `required ${id}`)).toEqual({one: 'required ./y.cjs', file: 'x.cjs'})
})

test('what V8 made of a module once is taken the next time, and that of another one is not', () => {
  const source = moduleOf('exports.answer = () => 42')
  const cache = compile('x.cjs', source).createCachedData()
  const again = compile('x.cjs', source, cache)
  expect(again.cachedDataRejected).toBe(false)
  expect((evaluate(again, 'x.cjs', () => undefined) as {answer: () => number}).answer()).toBe(42)
  expect(compile('x.cjs', moduleOf('exports.answer = () => 4200'), cache).cachedDataRejected).toBe(true)
})

test("a module can import a site's plugin from where that is", async () => {
  await writeFile(inTemp('plugin.mjs'), 'export default 42')
  const script = compile('x.cjs', moduleOf('exports.load = (path) => import(path)'))
  const {load} = evaluate(script, 'x.cjs', () => undefined) as {load: (path: string) => Promise<{default: unknown}>}
  expect((await load(inTemp('plugin.mjs'))).default).toBe(42)
})
