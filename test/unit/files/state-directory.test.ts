import {describe, expect, test} from 'vitest'
import {stateDirectory} from '../../../src/files/state-directory.js'

describe('the directory for state', () => {
  test.each<[string, NodeJS.ProcessEnv, number | undefined, string | undefined]>([
    ['is one of the host for root', {}, 0, '/run/systemd-docker'],
    [
      'is one of the host for root, whatever the environment says',
      {XDG_RUNTIME_DIR: '/run/user/0'},
      0,
      '/run/systemd-docker',
    ],
    ["is the user's for anyone else", {XDG_RUNTIME_DIR: '/run/user/1000'}, 1000, '/run/user/1000/systemd-docker'],
    ['is none where the environment does not say', {}, 1000, undefined],
    ['is none where the environment names one of the working directory', {XDG_RUNTIME_DIR: 'run'}, 1000, undefined],
    ['is none where the environment says nothing', {XDG_RUNTIME_DIR: ''}, 1000, undefined],
  ])('the directory for state %s', (_, env, uid, directory) => {
    expect(stateDirectory(env, uid)).toBe(directory)
  })
})
