import {expect, test} from 'vitest'
import {parseCsvRecord} from '../../../src/options/csv.js'

test.each([
  ['one field', 'a', ['a']],
  ['several fields', 'a,b,c', ['a', 'b', 'c']],
  ['spaces, which belong to their field', ' a , b', [' a ', ' b']],
  ['a comma in quotes', 'a,"b,c",d', ['a', 'b,c', 'd']],
  ['a doubled quote in quotes', '"say ""hi"""', ['say "hi"']],
  ['quotes around nothing', 'a,"",b', ['a', '', 'b']],
  ['quotes around the last field', 'a,"b"', ['a', 'b']],
  ['an empty field in the middle', 'a,,b', ['a', '', 'b']],
  ['an empty field at the end', 'a,', ['a', '']],
  ['an empty field at the beginning', ',a', ['', 'a']],
  ['nothing', '', ['']],
])('a record is read with %s', (_, line, fields) => {
  expect(parseCsvRecord(line)).toEqual(fields)
})
