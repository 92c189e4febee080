import {chmod, mkdir, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import type {OptionDeclarations} from '../../../src/options/option.js'
import {BUILT_IN} from '../../../src/plugins/index.js'
import {declarationsOf, gatherPlugins, refuseConflicts} from '../../../src/run/gather.js'
import type {RunPlugin} from '../../../src/run/run-plugin.js'
import {useTempDirectory} from '../support/temp-directory.js'
import {thrownBy} from '../support/thrown.js'

function plugin(name: string, options: OptionDeclarations = {}, contract?: number): RunPlugin {
  return {name, options, ...(contract === undefined ? {} : {contract}), setup: () => undefined}
}

describe('on a host without plugins of its own there are those that come with the product', () => {
  const inTemp = useTempDirectory()

  test('where no folder is looked at', async () => {
    expect(await gatherPlugins(inTemp(), [])).toBe(BUILT_IN)
  })

  test('where no folder is there', async () => {
    expect(await gatherPlugins(inTemp(), [inTemp('etc'), inTemp('local')])).toBe(BUILT_IN)
  })

  test('where nothing was installed into the folder', async () => {
    await mkdir(inTemp('etc'))
    await writeFile(inTemp('etc', 'README'), '')
    expect(await gatherPlugins(inTemp(), [inTemp('etc')])).toBe(BUILT_IN)
  })
})

describe("a site's folder", () => {
  const inTemp = useTempDirectory()

  test('that others may write is refused', async () => {
    await mkdir(inTemp('plugins'))
    await writeFile(inTemp('plugins', 'package.json'), '{}')
    await chmod(inTemp('plugins', 'package.json'), 0o644)
    await chmod(inTemp('plugins'), 0o777)
    await expect(gatherPlugins(inTemp(), [inTemp('none'), inTemp('plugins')])).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp('plugins')}: others than its owner may write it; \`chmod go-w ${inTemp('plugins')}\` mends it`,
    })
  })

  test('whose package.json others may write is refused', async () => {
    await mkdir(inTemp('plugins'))
    await writeFile(inTemp('plugins', 'package.json'), '{}')
    await chmod(inTemp('plugins', 'package.json'), 0o666)
    await expect(gatherPlugins(inTemp(), [inTemp('plugins')])).rejects.toMatchObject({code: 'CONFIGURATION'})
  })
})

describe('plugins', () => {
  const on = {kind: 'boolean', summary: ''} as const

  test('that claim different things live together, in the order they came', () => {
    const plugins = [plugin('a', {one: {...on, char: 'o'}}), plugin('b', {two: on, three: on}), plugin('c')]
    expect(refuseConflicts(plugins)).toEqual(plugins)
  })

  test('that come with the product live together', () => {
    expect(refuseConflicts(BUILT_IN)).toBe(BUILT_IN)
  })

  test.each([
    ['a name', [plugin('a'), plugin('a')], 'plugin a cannot be used: the name a is taken by plugin a'],
    [
      'an option',
      [plugin('a', {one: on}), plugin('b', {one: on})],
      'plugin b cannot be used: the option --one is taken by plugin a',
    ],
    [
      'a letter',
      [plugin('a', {one: {...on, char: 'o'}}), plugin('b', {other: {...on, char: 'o'}})],
      'plugin b cannot be used: the option -o is taken by plugin a',
    ],
    [
      'a name with one of the product',
      [...BUILT_IN, plugin('pid-file')],
      'plugin pid-file cannot be used: the name pid-file is taken by plugin pid-file',
    ],
    [
      'an option with one of the product',
      [...BUILT_IN, plugin('mine', {logs: on})],
      'plugin mine cannot be used: the option --logs is taken by plugin log-forwarding',
    ],
    [
      'a letter with one of the product',
      [...BUILT_IN, plugin('mine', {colour: {...on, char: 'c'}})],
      'plugin mine cannot be used: the option -c is taken by plugin cgroup-transfer',
    ],
  ])('that share %s are refused', (_, plugins, message) => {
    expect(thrownBy(() => refuseConflicts(plugins))).toMatchObject({code: 'PLUGIN_LOAD', message})
  })

  test('may be called like an option', () => {
    expect(refuseConflicts([plugin('a', {b: on}), plugin('b')])).toHaveLength(2)
  })

  test('that are made for this version of the contract are taken', () => {
    expect(refuseConflicts([plugin('a', {}, 1), plugin('b')])).toHaveLength(2)
  })

  test('that are made for a later version of the contract are refused', () => {
    expect(thrownBy(() => refuseConflicts([plugin('a', {}, 2)]))).toMatchObject({
      code: 'PLUGIN_LOAD',
      message: 'plugin a cannot be used: it is made for version 2 of the plugin contract, and this program has 1',
    })
  })
})

describe('the options of all plugins', () => {
  test('are those of each', () => {
    const one = {kind: 'boolean', summary: 'one'} as const
    const two = {kind: 'list', summary: 'two'} as const
    expect(declarationsOf([plugin('a', {one}), plugin('b'), plugin('c', {two})])).toEqual({one, two})
  })

  test('that come with the product are those of the original, with its letters', () => {
    const letters = Object.entries(declarationsOf(BUILT_IN)).map(([name, {char, kind}]) => [name, char, kind])
    expect(letters.toSorted()).toEqual([
      ['cgroups', 'c', 'list'],
      ['env', 'e', 'boolean'],
      ['logs', 'l', 'boolean'],
      ['notify', 'n', 'boolean'],
      ['pid-file', 'p', 'string'],
    ])
  })
})
