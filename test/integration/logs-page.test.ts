import {readFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {PRIORITY_NAMES, priorityOfLevel} from '../../src/logs/priority/level-names.js'
import {LEVEL_FIELDS} from '../../src/logs/priority/level-reader.js'
import {parseEntryRules} from '../../src/logs/priority/parse.js'
import {priorityFrom} from '../../src/logs/priority-of.js'
import {codeRows} from '../support/markdown.js'

const PAGE = await readFile(new URL('../../docs/logs.md', import.meta.url), 'utf8')
const ROWS = codeRows(PAGE).filter(({headings: [, second]}) => second === 'Priorities')
const NAMED = ROWS.filter(({cells: [name = '']}) => PRIORITY_NAMES.some((priority) => name === `\`${priority}\``))
const EXAMPLES = ROWS.filter(({cells: [, , priority = '']}) => /^`[a-z]+`$/.test(priority)).map(({cells}) =>
  cells.map(inCode),
)

/** What the fields of docs/logs.md, or none of them, are called whose numbers are a library's. */
const FIELD_OF: Readonly<Record<string, string>> = {
  '': 'level',
  pino: 'level',
  Python: 'levelno',
  Monolog: 'level',
  'Google Cloud': 'severity',
  OpenTelemetry: 'severity_number',
}

function inCode(cell: string): string {
  return cell.replaceAll('`', '')
}

describe('docs/logs.md on priorities', () => {
  test('the page names every priority once, in their order', () => {
    expect(NAMED.map(({cells: [name = '']}) => inCode(name))).toEqual(PRIORITY_NAMES)
  })

  test.each(NAMED.map(({cells}, priority) => ({priority, cells})))(
    'the names and numbers of priority $priority have it',
    ({priority, cells: [, names = '', numbers = '']}) => {
      const words = [...names.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
      expect(words).not.toEqual([])
      expect(words.filter((word) => priorityOfLevel(word) !== priority)).toEqual([])
      const levels = numbers.split('; ').flatMap((one) => {
        const [, libraries = '', number = ''] = /^(.*?) ?(\d+)$/.exec(one) ?? []
        return libraries.split(' and ').map((library) => ({library, number: Number(number)}))
      })
      expect(levels.length).toBeGreaterThan(1)
      for (const {library, number} of levels)
        expect(priorityOfLevel(number, FIELD_OF[library] ?? 'a library that is not known'), library).toBe(priority)
    },
  )

  test('the page has the fields that are looked at, in their order', () => {
    const [, fields = ''] = /The fields are ([^]*?)\. Levels/.exec(PAGE) ?? []
    expect([...fields.matchAll(/`([^`]+)`/g)].map(([, field]) => field)).toEqual(LEVEL_FIELDS)
  })

  test.each(EXAMPLES)('%s, with %j, is %s', async (line = '', option = '', priority = '') => {
    const [, levelFrom] = /^--log-level-from (.*)$/.exec(option) ?? []
    const {readLevel} = await parseEntryRules({stderrPriority: undefined, levelFrom, multiline: undefined})
    const priorityOf = priorityFrom({otherwise: 6, takesPrefix: true, readLevel})
    expect(PRIORITY_NAMES[priorityOf(Buffer.from(line), false).priority]).toBe(priority)
  })

  test('the page has an example of each way to find a level', () => {
    expect(EXAMPLES.map(([, option = '']) => option.replace(/^--log-level-from |:.*$/g, ''))).toEqual(
      expect.arrayContaining(['', 'json', 'logfmt', 'regex']),
    )
  })
})
