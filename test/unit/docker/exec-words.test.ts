import {expect, test} from 'vitest'
import {execWords} from '../../../src/docker/exec-words.js'

test.each<[string, readonly string[]]>([
  ['nginx -s reload', ['/bin/sh', '-c', 'nginx -s reload']],
  ['[ -e /x ] && kill -HUP 1', ['/bin/sh', '-c', '[ -e /x ] && kill -HUP 1']],
  ['[ "$X" = y ] && true', ['/bin/sh', '-c', '[ "$X" = y ] && true']],
  ['["nginx", "-s", "reload"]', ['nginx', '-s', 'reload']],
  [' ["true"]', ['true']],
])('the command %j is run as %j', (command, words) => {
  expect(execWords(command, '--reload-exec')).toEqual(words)
})

test.each(['', ' ', '["nginx", 1]', '["nginx"', '[]', '[""]', '["a"] && ["b"]'])('%j is no command', (command) => {
  expect(() => execWords(command, '--reload-exec')).toThrow(/^invalid value .* for --reload-exec: /)
})
