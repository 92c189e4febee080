import {expect, test} from 'vitest'
import {BUILT_IN} from '../../../src/plugins/index.js'

test('the plugins come in the order they act in', () => {
  expect(BUILT_IN.map(({name}) => name)).toEqual([
    'env-injection',
    'credentials',
    'notify-delegation',
    'log-forwarding',
    'cgroup-transfer',
    'pid-file',
    'rm-reconcile',
  ])
})

test('every option is explained in one line', () => {
  for (const {options} of BUILT_IN)
    for (const [name, {summary}] of Object.entries(options)) expect(summary, `--${name}`).toMatch(/^\S.{10,}\S$/)
})
