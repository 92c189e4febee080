import {expect, test} from 'vitest'
import {changesOf} from '../../../scripts/package/changelog.mjs'

const INTRO = '# Changelog\n\nEverything.\n\n'
const RELEASED = '## [1.2.0] - 2026-01-02\n\n### Added\n\n- A thing.\n\n## [1.1.0] - 2025-01-02\n\n- Another.\n'

test('what a version changes is what the changelog says in its section', () => {
  expect(changesOf('1.2.0', INTRO + RELEASED)).toBe('### Added\n\n- A thing.')
  expect(changesOf('1.2.0', `${INTRO}## [Unreleased]\n\n${RELEASED}`)).toBe('### Added\n\n- A thing.')
})

test.each([
  ['has no section of the version', '1.3.0', RELEASED, /needs a section "## \[1\.3\.0\] - YYYY-MM-DD"/],
  ['has another version above it', '1.1.0', RELEASED, /needs a section "## \[1\.1\.0\]/],
  ['has no date of it', '1.2.0', '## [1.2.0]\n\n- A thing.\n', /needs a section/],
  ['has changes that are in no version', '1.2.0', `## [Unreleased]\n\n- New.\n\n${RELEASED}`, /are not released/],
  ['says nothing of it', '1.2.0', '## [1.2.0] - 2026-01-02\n', /says nothing of 1\.2\.0/],
])('a version is not released whose changelog %s', (_, version, changelog, why) => {
  expect(() => changesOf(version, INTRO + changelog)).toThrow(why)
})
