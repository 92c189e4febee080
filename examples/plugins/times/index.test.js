import assert from 'node:assert/strict'
import {test} from 'node:test'
import {PHASES} from 'systemd-docker'
import {hookContext, plainRequest, pluginHost} from 'systemd-docker/testing'
import {times} from './index.js'

test('says nothing unless it is asked to', () => {
  assert.equal(times.setup({times: false}, pluginHost().host), undefined)
})

test('says the phase and the image', () => {
  const {host, lines} = pluginHost()
  times.setup({times: true}, host)?.resolve?.({...hookContext().context, request: plainRequest()})
  assert.match(lines.join(), /^info: resolve after \d+ ms: image$/)
})

test('has every phase, and stays to see the last', () => {
  const hooks = times.setup({times: true}, pluginHost().host) ?? {}
  assert.deepEqual(Object.keys(hooks), [...PHASES, 'resident'])
})
