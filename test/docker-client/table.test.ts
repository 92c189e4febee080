import {describe, expect, test} from 'vitest'
import {CLIENT_OPTIONS} from '../../src/docker/client/global-options.js'
import {RUN_OPTIONS} from '../../src/docker/run-options/table.js'
import {dockerHelp} from '../support/run-options/docker-client.js'
import {SINCE_29} from './values.js'

/** What `docker run --help` does not say: the older spellings. */
const HIDDEN = ['dns-opt', 'net', 'net-alias']

const OPTION = /^ {2,6}(?:-(\w), )?(?: {4})?--([\w-]+)(?: (\S+))?(?: {2,}|$)/gm
const optionsIn = (help: string) =>
  [...help.matchAll(OPTION)].map(([, char, name = '', value]) => ({
    name,
    char,
    takes: value === undefined ? 'nothing' : 'value',
  }))
const options = optionsIn(await dockerHelp('run'))
/** What docker's client answers itself. */
const ANSWERED = ['version']
const before = optionsIn(await dockerHelp()).filter(({name}) => !ANSWERED.includes(name))

describe('the table of options beside docker run --help', () => {
  test.each(options)('--$name, which docker run --help has, is in the table as it is there', ({name, char, takes}) => {
    const row = RUN_OPTIONS[name]
    expect(row).toBeDefined()
    expect({char: row?.char, takes: row?.takes}).toEqual({char, takes})
  })

  test('the table has no option that docker run --help has not', () => {
    const named = options.map(({name}) => name)
    expect(Object.keys(RUN_OPTIONS).toSorted()).toEqual([...new Set([...named, ...HIDDEN, ...SINCE_29])].toSorted())
  })
})

test("the options of docker's client before its command are those of docker --help", () => {
  const table = Object.entries(CLIENT_OPTIONS).map(([name, {char, takes}]) => ({
    name,
    char,
    takes,
  }))
  expect(table).toEqual(before)
})
