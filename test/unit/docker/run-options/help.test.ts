import {describe, expect, test} from 'vitest'
import {RUN_OPTIONS_HELP} from '../../../../src/docker/run-options/help.js'
import {RUN_OPTIONS} from '../../../../src/docker/run-options/table.js'

const described = Object.entries(RUN_OPTIONS_HELP).flatMap(([subject, options]) =>
  Object.entries(options).map(([name, {value, summary}]) => ({name, subject, value, summary})),
)

describe('the help of the options of docker run', () => {
  test('the help describes each option of the table once, and no other', () => {
    expect(described.map(({name}) => name).toSorted()).toEqual(Object.keys(RUN_OPTIONS).toSorted())
  })

  test.each(described)('the help names a value of --$name exactly where it takes one', ({name, value}) => {
    expect(value === undefined ? 'nothing' : 'value').toBe(RUN_OPTIONS[name]?.takes)
  })

  test.each(described)('the help says in one line without a full stop what --$name is for', ({summary}) => {
    expect(summary).toMatch(/^[^\n]*[^.\n]$/)
  })

  test('the help has the options that are always refused under a heading of their own, with those that have one accepted value', () => {
    const refused = described.flatMap(({name, subject}) => (subject === 'Refused' ? [name] : []))
    const always = Object.keys(RUN_OPTIONS).filter((name) => 'refused' in (RUN_OPTIONS[name] ?? {}))
    expect(refused.toSorted()).toEqual([...always, 'restart', 'use-api-socket'].toSorted())
  })
})
