import {expect, test} from 'vitest'
import {gpus} from '../../../../../src/docker/run-options/values/gpus.js'

const PLAIN = {Driver: '', Capabilities: [['gpu']]}

test.each([
  ['all', {...PLAIN, Count: -1}],
  ['2', {...PLAIN, Count: 2}],
  ['driver=nvidia', {...PLAIN, Driver: 'nvidia', Count: 1}],
  ['"device=0,1"', {...PLAIN, Count: 0, DeviceIDs: ['0', '1']}],
  ['all,"capabilities=compute,utility"', {Driver: '', Count: -1, Capabilities: [['compute', 'utility', 'gpu']]}],
  ['options=a=b', {...PLAIN, Count: 1, Options: {a: 'b'}}],
])('the Engine is asked for the devices of --gpus %s', (value, request) => {
  expect(gpus(value, '--gpus')).toEqual(request)
})

test.each([
  ['x', "'x' is neither a number nor all"],
  ['foo=bar', "there is no field 'foo'"],
  ['device=0,device=1', "'device' is given twice"],
  ['options=', 'options are given as KEY=VALUE'],
])('--gpus %s is refused: %s', (value, why) => {
  expect(() => gpus(value, '--gpus')).toThrow(why)
})
