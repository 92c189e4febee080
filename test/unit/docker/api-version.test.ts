import {expect, test} from 'vitest'
import {commonVersion, pinnedVersion, spokenVersion} from '../../../src/docker/api-version.js'

test.each([
  [undefined, '1.41'],
  ['1.24', '1.24'],
  ['1.9', '1.9'],
  ['1.51', '1.51'],
  ['1.52', '1.51'],
  ['2.0', '1.51'],
  ['1.51/../..', '1.41'],
])('an Engine that says it speaks %j and this program have the version %s in common', (said, version) => {
  expect(commonVersion(spokenVersion(said))).toBe(version)
})

test.each([
  [{}, undefined],
  [{DOCKER_API_VERSION: ''}, undefined],
  [{DOCKER_API_VERSION: '1.45'}, '1.45'],
  [{DOCKER_API_VERSION: 'v1.45'}, '1.45'],
])('the environment %j pins the version to %s', (env, version) => {
  expect(pinnedVersion(env)).toBe(version)
})

test.each(['latest', '1', '1.45/..', '-1.4'])('a DOCKER_API_VERSION that is no version, %j, is refused', (said) => {
  expect(() => pinnedVersion({DOCKER_API_VERSION: said})).toThrow(/DOCKER_API_VERSION/)
})
