import {describe, expect, test} from 'vitest'
import type {ConfigFile} from '../../../src/config/files.js'
import {layersOf, matches, pluginFiles, type Vocabulary} from '../../../src/config/layers.js'
import {thrownBy} from '../../support/thrown.js'

const VOCABULARY: Vocabulary = [
  {name: 'log-forwarding', options: {logs: {kind: 'boolean', summary: 'x'}}},
  {name: 'pid-file', options: {'pid-file': {kind: 'string', key: 'path', summary: 'x'}}},
  {name: 'consul', options: {address: {kind: 'string', summary: 'x'}}},
]

const file = (content: unknown, path = '/c.yaml'): ConfigFile => ({
  path,
  content,
  text: JSON.stringify(content, undefined, 1),
})
const layers = (contents: readonly unknown[], unit?: string, host = 'web-1') =>
  layersOf(
    contents.map((content, index) => file(content, `/${String(index)}.yaml`)),
    VOCABULARY,
    {unit, host},
  )

describe('all that a configuration says', () => {
  test('a word about the unit wins over one about the host, and that over the rest', () => {
    const content = {
      logs: true,
      hosts: {'web-*': {logs: true}},
      units: {'db-*.service': {logs: false}},
    }
    expect(layers([content], 'db-1.service').map(({origin}) => origin)).toEqual([
      '/0.yaml (units.db-*.service)',
      '/0.yaml (hosts.web-*)',
      '/0.yaml',
    ])
    expect(layers([content], 'web.service', 'db-1').map(({origin}) => origin)).toEqual(['/0.yaml'])
    expect(layers([content]).map(({origin}) => origin)).toEqual(['/0.yaml (hosts.web-*)', '/0.yaml'])
  })

  test('a more specific pattern wins, and of the same the later file', () => {
    const content = {hosts: {'*': {logs: false}, 'web-1': {logs: true}, 'web-*': {logs: false}}}
    expect(layers([content, content]).map(({origin}) => origin)).toEqual([
      '/1.yaml (hosts.web-1)',
      '/0.yaml (hosts.web-1)',
      '/1.yaml (hosts.web-*)',
      '/0.yaml (hosts.web-*)',
      '/1.yaml (hosts.*)',
      '/0.yaml (hosts.*)',
      '/1.yaml',
      '/0.yaml',
    ])
  })

  test('a switch that has modes takes them, and nothing else that is a word', () => {
    const vocabulary: Vocabulary = [
      {name: 'notify', options: {notify: {kind: 'boolean', modes: ['relay', 'raw'], summary: 'x'}}},
    ]
    const values = (notify: unknown) => layersOf([file({notify})], vocabulary, {unit: undefined, host: 'x'})[0]?.values
    expect([true, false, 'raw'].map(values)).toEqual([{notify: true}, {notify: false}, {notify: 'raw'}])
    expect(thrownBy(() => values('maybe'))).toMatchObject({
      message: `/c.yaml:2: 'notify' must be true, false, relay or raw, not "maybe"`,
    })
  })

  test("a plugin's section switches it, and sets its options by their short or long names", () => {
    const plugins = {
      'pid-file': {enabled: true, path: '/run/%n.pid'},
      consul: {enabled: false, address: 'x', from: '/x.mjs'},
    }
    expect(layers([{plugins}])).toEqual([
      {
        origin: '/0.yaml',
        values: {'pid-file': '/run/%n.pid', address: 'x'},
        enabled: {'pid-file': true, consul: false},
      },
    ])
  })

  test('a section of a host may switch plugins too', () => {
    expect(layers([{hosts: {'web-1': {plugins: {'pid-file': {enabled: false}}}}}])[0]).toMatchObject({
      enabled: {'pid-file': false},
    })
  })
})

describe('what is refused', () => {
  test.each([
    [{plugins: {'pid-flie': {}}}, "/0.yaml:3: unknown key 'plugins.pid-flie', did you mean 'pid-file'?"],
    [{plugins: {'pid-file': {pth: 'x'}}}, "/0.yaml:4: unknown key 'plugins.pid-file.pth', did you mean 'path'?"],
    [
      {plugins: {'pid-file': {enabled: 'yes'}}},
      `/0.yaml:4: 'plugins.pid-file.enabled' must be true or false, not "yes"`,
    ],
    [{plugins: {'pid-file': {path: 1}}}, "/0.yaml:4: 'plugins.pid-file.path' must be a string, not 1"],
    [{plugins: []}, "/0.yaml:2: 'plugins' must be a mapping, not []"],
    [{hosts: {'x-*': {lgos: true}}}, "/0.yaml:4: unknown key 'hosts.x-*.lgos', did you mean 'logs'?"],
    [
      {units: {'x-*': {hosts: {}}}},
      "/0.yaml:4: unknown key 'units.x-*.hosts'; known keys are logs, pid-file, address, plugins",
    ],
    [
      {hosts: {'x-*': {plugins: {consul: {from: '/x'}}}}},
      "/0.yaml:6: 'hosts.x-*.plugins.consul.from' is allowed only at the top level",
    ],
    [
      {'dry-run': true},
      "/0.yaml:2: unknown key 'dry-run'; known keys are logs, pid-file, address, plugins, hosts, units",
    ],
  ])('a mistake is refused by file, line and key, also for other hosts and units: %j', (content, message) => {
    expect(thrownBy(() => layers([content], undefined, 'none'))).toMatchObject({code: 'CONFIGURATION', message})
  })
})

describe('the files of plugins', () => {
  test('the files of plugins are those that are named at the top', () => {
    expect(
      pluginFiles([
        file({plugins: {consul: {from: '/c.mjs'}, other: {}}}),
        file({plugins: {x: {from: '/x.mjs'}}}, '/d'),
      ]),
    ).toEqual([
      {name: 'consul', path: '/c.mjs', file: '/c.yaml'},
      {name: 'x', path: '/x.mjs', file: '/d'},
    ])
  })

  test.each(['c.mjs', '../c.mjs', 1, null])('files of plugins that say %j are refused', (from) => {
    expect(thrownBy(() => pluginFiles([file({plugins: {consul: {from}}})]))).toMatchObject({
      message: `/c.yaml:4: 'plugins.consul.from' must be the absolute path of a file, not ${JSON.stringify(from)}`,
    })
  })
})

test.each([
  ['web-*', 'web-1', true],
  ['web-*', 'web-', true],
  ['web-?', 'web-12', false],
  ['*.service', 'a.service', true],
  ['a.service', 'aXservice', false],
  ['db@*.service', 'db@1.service', true],
  ['', 'x', false],
])('the pattern %j matches the name %j: %s', (pattern, name, expected) => {
  expect(matches(pattern, name)).toBe(expected)
})
