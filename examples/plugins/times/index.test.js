import assert from 'node:assert/strict'
import {test} from 'node:test'
import {times} from './index.js'

test('says nothing unless it is asked to', () => {
  assert.equal(times.setup({times: false}, {}), undefined)
})

test('says the phase and the image', () => {
  const said = []
  const hooks = times.setup({times: true}, {log: {info: (line) => said.push(line)}})
  hooks.resolve({request: {body: {Image: 'nginx'}}})
  assert.match(said.join(), /^resolve after \d+ ms: nginx$/)
})
