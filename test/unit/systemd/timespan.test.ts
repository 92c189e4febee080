import {describe, expect, test} from 'vitest'
import {millisecondsOf} from '../../../src/systemd/timespan.js'

describe('a time span as systemctl prints it', () => {
  test.each([
    ['infinity', Infinity],
    ['1min 30s', 90_000],
    ['8s', 8000],
    ['2h 500ms', 7_200_500],
    ['1.500s', 1500],
    ['0', 0],
    ['', undefined],
    ['3moons', undefined],
  ])('the time span %j is %s ms', (span, milliseconds) => {
    expect(millisecondsOf(span)).toBe(milliseconds)
  })
})
