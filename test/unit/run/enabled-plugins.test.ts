import {expect, test} from 'vitest'
import {pluginSwitches} from '../../../src/run/enabled-plugins.js'
import {thrownBy} from '../../support/thrown.js'

const said = (enable: string[], disable: string[]) => ({
  enable: {value: enable, origin: 'command line'},
  disable: {value: disable, origin: 'command line'},
})
const layers = [
  {origin: 'unit', values: {}, enabled: {a: false}},
  {origin: 'all', values: {}, enabled: {a: true, b: false}},
]

test('a plugin is on unless somebody says otherwise, the line before the files and the first file before the rest', () => {
  expect(Object.fromEntries(pluginSwitches(['a', 'b', 'c', 'd'], said(['b'], ['d']), layers))).toEqual({
    a: {on: false, origin: 'unit'},
    b: {on: true, origin: 'command line'},
    c: {on: true, origin: 'default'},
    d: {on: false, origin: 'command line'},
  })
})

test('a name that is no plugin is refused, with the nearest', () => {
  expect(thrownBy(() => pluginSwitches(['pid-file'], said([], ['pidfile']), []))).toMatchObject({
    code: 'BAD_VALUE',
    message: 'invalid value "pidfile" for --disable: there is no plugin of that name; did you mean pid-file?',
  })
})

test('a plugin that is to be both on and off is refused', () => {
  expect(thrownBy(() => pluginSwitches(['a'], said(['a'], ['a']), []))).toMatchObject({code: 'BAD_VALUE'})
})
