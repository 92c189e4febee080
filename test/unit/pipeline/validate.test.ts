import {describe, expect, test} from 'vitest'
import type {OptionDeclarations} from '../../../src/options/option.js'
import {BUILT_IN} from '../../../src/plugins/index.js'
import {declarationsOf} from '../../../src/run/site.js'
import {checkedPlugin, refuseConflicts, type LoadedPlugin} from '../../../src/pipeline/validate.js'
import type {RunPlugin} from '../../../src/pipeline/contract.js'
import {thrownBy} from '../../support/thrown.js'

function plugin(name: string, options: OptionDeclarations = {}): RunPlugin {
  return {name, options, setup: () => undefined}
}

function brought(plugins: readonly RunPlugin[]): LoadedPlugin[] {
  return plugins.map((one) => ({plugin: one, from: 'site'}))
}

function together(plugins: readonly RunPlugin[]): RunPlugin[] {
  return refuseConflicts(brought(plugins), ['dry-run']).map((gathered) => gathered.plugin)
}

describe('what somebody brings', () => {
  const good = {name: 'mine', contract: 1, options: {one: {kind: 'boolean', summary: 'one'}}, setup: () => undefined}

  test('an object is a plugin when it has a name, options and setup', () => {
    expect(checkedPlugin(good, 'site')).toBe(good)
    expect(checkedPlugin({name: 'a', options: {}, setup: () => undefined}, 'site').name).toBe('a')
  })

  test.each([
    ['nothing', undefined, 'it is not an object with a name, options and setup'],
    ['a name with capitals', {...good, name: 'Mine'}, 'its name must consist of lower-case letters, digits and dashes'],
    ['no setup', {...good, setup: undefined}, 'mine has no setup function'],
    ['a finish that cannot be called', {...good, finish: true}, 'mine has a finish that is no function'],
    ['no options', {...good, options: undefined}, 'mine has no options; use {} for none'],
    [
      'an option of no kind',
      {...good, options: {one: {summary: 'x'}}},
      'its option one must have the kind boolean, string or list',
    ],
    ['an option without a summary', {...good, options: {one: {kind: 'list'}}}, 'its option one must have a summary'],
    [
      'an option with one value that has modes',
      {...good, options: {one: {kind: 'string', summary: 'x', modes: ['a']}}},
      'its option one may have modes, a list of strings, only if its kind is boolean',
    ],
    [
      'a switch whose modes are no words',
      {...good, options: {one: {kind: 'boolean', summary: 'x', modes: [1]}}},
      'its option one may have modes, a list of strings, only if its kind is boolean',
    ],
    [
      'an option of a strange name',
      {...good, options: {'--one': {kind: 'list', summary: 'x'}}},
      'its option --one must consist of lower-case letters, digits and dashes',
    ],
    [
      'a later contract',
      {...good, contract: 2},
      'it is written for version 2 of the plugin contract, and this program has 1',
    ],
  ])('an object with %s is refused by who brought it', (_, value, why) => {
    expect(thrownBy(() => checkedPlugin(value, 'site'))).toMatchObject({
      code: 'PLUGIN_LOAD',
      message: `plugin site cannot be used: ${why}`,
    })
  })
})

describe('plugins', () => {
  const on = {kind: 'boolean', summary: ''} as const

  test('plugins that claim different things live together, in the order they came', () => {
    const plugins = [plugin('a', {one: {...on, char: 'o'}}), plugin('b', {two: on, three: on}), plugin('c')]
    expect(together(plugins)).toEqual(plugins)
  })

  test('plugins that come with the product live together', () => {
    expect(together(BUILT_IN)).toEqual(BUILT_IN)
  })

  test.each([
    ['a name', [plugin('a'), plugin('a')], 'plugin a (site) cannot be used: the name a is taken by a (site)'],
    [
      'an option',
      [plugin('a', {one: on}), plugin('b', {one: on})],
      'plugin b (site) cannot be used: the option --one is taken by a (site)',
    ],
    [
      'a letter',
      [plugin('a', {one: {...on, char: 'o'}}), plugin('b', {other: {...on, char: 'o'}})],
      'plugin b (site) cannot be used: the option -o is taken by a (site)',
    ],
    [
      'a name with one of the product',
      [...BUILT_IN, plugin('pid-file')],
      'plugin pid-file (site) cannot be used: the name pid-file is taken by pid-file (site)',
    ],
    [
      'an option with one of the product',
      [...BUILT_IN, plugin('mine', {logs: on})],
      'plugin mine (site) cannot be used: the option --logs is taken by log-forwarding (site)',
    ],
    [
      'a letter with one of the product',
      [...BUILT_IN, plugin('mine', {colour: {...on, char: 'c'}})],
      'plugin mine (site) cannot be used: the option -c is taken by cgroup-transfer (site)',
    ],
  ])('plugins that share %s are refused', (_, plugins, message) => {
    expect(thrownBy(() => together(plugins))).toMatchObject({code: 'PLUGIN_LOAD', message})
  })

  test('a plugin may be called like an option', () => {
    expect(together([plugin('a', {b: on}), plugin('b')])).toHaveLength(2)
  })
})

describe('the options of all plugins', () => {
  test('the options of all plugins are those of each', () => {
    const one = {kind: 'boolean', summary: 'one'} as const
    const two = {kind: 'list', summary: 'two'} as const
    expect(declarationsOf(brought([plugin('a', {one}), plugin('b'), plugin('c', {two})]))).toEqual({one, two})
  })

  test('the options that come with the product are those of the original, with its letters', () => {
    const letters = Object.entries(declarationsOf(brought(BUILT_IN))).flatMap(([name, {char, kind}]) =>
      char === undefined ? [] : [[name, char, kind]],
    )
    expect(letters.toSorted()).toEqual([
      ['cgroups', 'c', 'list'],
      ['env', 'e', 'boolean'],
      ['logs', 'l', 'boolean'],
      ['notify', 'n', 'boolean'],
      ['pid-file', 'p', 'string'],
    ])
  })
})
