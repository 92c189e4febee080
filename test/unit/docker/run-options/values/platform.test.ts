import {expect, test} from 'vitest'
import {platform} from '../../../../../src/docker/run-options/values/platform.js'

test.each([
  ['linux/amd64', 'linux/amd64'],
  ['LINUX/x86_64', 'linux/amd64'],
  ['arm64', 'linux/arm64'],
  ['linux/arm64/8', 'linux/arm64/v8'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/armhf', 'linux/arm'],
  ['macos/arm64', 'darwin/arm64'],
  ['', undefined],
])('the platform %j is %s', (value, spelled) => {
  expect(platform(value, '--platform')).toBe(spelled)
})

test('an operating system alone is that of this machine', () => {
  expect(platform('linux', '--platform')).toMatch(/^linux\/[a-z0-9]+$/)
})

test.each(['bad', 'a/b/c/d', 'linux/', '*'])('the platform %s is refused', (value) => {
  expect(() => platform(value, '--platform')).toThrow(`invalid value "${value}" for --platform: `)
})
