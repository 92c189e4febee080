/**
 * What a changelog (Keep a Changelog 1.1) says of a version that is about to be released.
 *
 * @param {string} version
 * @param {string} changelog
 * @returns {string}
 * @throws {Error} where it has no section of that version with a date, or something that is not released is above it
 */
export function changesOf(version, changelog) {
  const [, ...sections] = changelog.split(/^## /m)
  const [unreleased = '', released = ''] = sections[0]?.startsWith('[Unreleased]') ? sections : ['', ...sections]
  const [title = '', ...lines] = released.split('\n')
  if (!title.startsWith(`[${version}] - `) || !/ \d{4}-\d\d-\d\d$/.test(title))
    throw new Error(`CHANGELOG.md needs a section "## [${version}] - YYYY-MM-DD" above all others but [Unreleased]`)
  if (unreleased.split('\n').slice(1).join('').trim() !== '')
    throw new Error(`CHANGELOG.md says of changes that they are not released: move them to the section [${version}]`)
  const changes = lines.join('\n').trim()
  if (changes === '') throw new Error(`CHANGELOG.md says nothing of ${version}`)
  return changes
}
