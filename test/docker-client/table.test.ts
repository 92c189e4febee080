import {describe, expect, test} from 'vitest'
import {RUN_OPTIONS} from '../../src/docker/run-options/table.js'
import {dockerRunHelp} from '../support/run-options/docker-client.js'
import {SINCE_29} from './values.js'

/** What `docker run --help` does not say: the older spellings. */
const HIDDEN = ['dns-opt', 'net', 'net-alias']

const OPTION = /^ {2,6}(?:-(\w), )?(?: {4})?--([\w-]+)(?: (\S+))?(?: {2,}|$)/gm
const help = await dockerRunHelp()
const options = [...help.matchAll(OPTION)].map(([, char, name = '', value]) => ({
  name,
  char,
  takes: value === undefined ? 'nothing' : 'value',
}))

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
