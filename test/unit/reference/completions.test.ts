import {expect, test} from 'vitest'
import {bashCompletion} from '../../../scripts/reference/bash.js'
import {fishCompletion} from '../../../scripts/reference/fish.js'
import {OWN_OPTIONS} from '../../../scripts/reference/options.js'
import {fillTemplate} from '../../../scripts/reference/template.js'
import {zshCompletion} from '../../../scripts/reference/zsh.js'

const SHELLS = [
  ['bash', await bashCompletion()],
  ['zsh', await zshCompletion()],
  ['fish', await fishCompletion()],
] as const

test.each(SHELLS)(
  'of what docker prints, the completion of %s offers only what means nothing to a shell',
  (_, text) => {
    expect(text.match(/\[A-Za-z0-9_.\/\]\[A-Za-z0-9_.\/:@=\+,-\]/g)).toHaveLength(1)
    expect(text.match(/command docker/g)).toHaveLength(1)
  },
)

test.each(SHELLS)('the completion of %s takes no words for code', (_, text) => {
  expect(text).not.toMatch(/\b(?:eval|compgen|source)\b/)
})

test.each(SHELLS)('no place of the completion of %s is left empty', (_, text) => {
  expect(text).not.toMatch(/@[A-Z]+@/)
})

test.each(['ready', 'cgroups'])('what completes --%s is what --help says of it', (option) => {
  const {completion, text = ''} = OWN_OPTIONS.flatMap(({options}) => options).find(({name}) => name === option) ?? {}
  expect(completion).toContain({ready: 'healthy', cgroups: 'none'}[option])
  for (const word of completion ?? []) expect(text).toContain(word)
})

test('a place that nothing fills is an error', async () => {
  await expect(fillTemplate('completions/systemd-docker.bash', {PARTS: []})).rejects.toThrow(
    'completions/systemd-docker.bash has a place @VALUES@ that nothing fills',
  )
})
