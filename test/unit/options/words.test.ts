import {describe, expect, test} from 'vitest'
import {parseWords, type WordRule} from '../../../src/options/words.js'
import {thrownBy} from '../../support/thrown.js'

const RULES: Readonly<Record<string, WordRule>> = {
  env: {char: 'e', takes: 'value'},
  interactive: {char: 'i', takes: 'nothing'},
  name: {takes: 'value'},
  loud: {char: 'l', takes: 'nothing', modes: ['raw']},
  rm: {takes: 'nothing'},
  tty: {char: 't', takes: 'nothing'},
  volume: {char: 'v', takes: 'value'},
}

describe('one option', () => {
  test.each([
    [['--name', 'x'], 'name', 'x'],
    [['--name=x'], 'name', 'x'],
    [['--name='], 'name', ''],
    [['--name', ''], 'name', ''],
    [['--name=a=b'], 'name', 'a=b'],
    [['--name', '--rm'], 'name', '--rm'],
    [['--name', '--'], 'name', '--'],
    [['-name', 'x'], 'name', 'x'],
    [['-name=x'], 'name', 'x'],
    [['-v', '/a:/b'], 'volume', '/a:/b'],
    [['-v/a:/b'], 'volume', '/a:/b'],
    [['-v=/a:/b'], 'volume', '/a:/b'],
    [['-e', '-t'], 'env', '-t'],
    [['-eA=b'], 'env', 'A=b'],
    [['-e=A=b'], 'env', 'A=b'],
    [['--rm'], 'rm', 'true'],
    [['--rm=true'], 'rm', 'true'],
    [['--rm=T'], 'rm', 'true'],
    [['--rm=1'], 'rm', 'true'],
    [['--rm=false'], 'rm', 'false'],
    [['--rm=F'], 'rm', 'false'],
    [['--rm=0'], 'rm', 'false'],
    [['-rm'], 'rm', 'true'],
    [['-rm=false'], 'rm', 'false'],
    [['-t'], 'tty', 'true'],
    [['-t=false'], 'tty', 'false'],
    [['--loud'], 'loud', 'true'],
    [['--loud=0'], 'loud', 'false'],
    [['--loud=raw'], 'loud', 'raw'],
    [['-l=raw'], 'loud', 'raw'],
  ])('the option %j is understood and its words are used up', (words, name, value) => {
    expect(parseWords([...words, 'image'], RULES)).toEqual({given: [{name, value}], rest: ['image']})
  })
})

describe('joined short options', () => {
  test.each([
    [
      ['-it'],
      [
        {name: 'interactive', value: 'true'},
        {name: 'tty', value: 'true'},
      ],
    ],
    [
      ['-it=false'],
      [
        {name: 'interactive', value: 'true'},
        {name: 'tty', value: 'false'},
      ],
    ],
    [
      ['-itv', '/a'],
      [
        {name: 'interactive', value: 'true'},
        {name: 'tty', value: 'true'},
        {name: 'volume', value: '/a'},
      ],
    ],
    [
      ['-tv/a'],
      [
        {name: 'tty', value: 'true'},
        {name: 'volume', value: '/a'},
      ],
    ],
    [
      ['-tv=/a'],
      [
        {name: 'tty', value: 'true'},
        {name: 'volume', value: '/a'},
      ],
    ],
    [['-vit'], [{name: 'volume', value: 'it'}]],
  ])('the joined options %j are taken apart', (words, given) => {
    expect(parseWords([...words, 'image'], RULES)).toEqual({given, rest: ['image']})
  })
})

describe('where options end', () => {
  test.each([
    ['at the first word that is none', ['--rm', 'image', '--tty'], ['image', '--tty']],
    ['behind --, which is used up', ['--rm', '--', '--tty', 'x'], ['--tty', 'x']],
    ['at a single dash, which is a word', ['--rm', '-', '--tty'], ['-', '--tty']],
    ['at an empty word', ['--rm', '', '--tty'], ['', '--tty']],
    ['at the end of the line', ['--rm'], []],
  ])('the options end %s', (_, words, rest) => {
    expect(parseWords(words, RULES)).toEqual({given: [{name: 'rm', value: 'true'}], rest})
  })

  test('a line of no words has no options', () => {
    expect(parseWords([], RULES)).toEqual({given: [], rest: []})
  })
})

test('options are given in the order of the line, as often as they stand there', () => {
  expect(parseWords(['-e', 'A=1', '--rm', '-e', 'B=2', '--rm=false'], RULES).given).toEqual([
    {name: 'env', value: 'A=1'},
    {name: 'rm', value: 'true'},
    {name: 'env', value: 'B=2'},
    {name: 'rm', value: 'false'},
  ])
})

describe('an error', () => {
  test.each([
    [['--name'], 'MISSING_VALUE', 'option --name needs a value'],
    [['-name'], 'MISSING_VALUE', 'option -name needs a value'],
    [['-v'], 'MISSING_VALUE', 'option -v needs a value'],
    [['-itv'], 'MISSING_VALUE', 'option -v needs a value'],
    [['--rm=maybe'], 'BAD_VALUE', 'invalid value "maybe" for --rm: use true or false'],
    [['--rm='], 'BAD_VALUE', 'invalid value "" for --rm: use true or false'],
    [['--loud=Raw'], 'BAD_VALUE', 'invalid value "Raw" for --loud: use true, false or raw'],
    [['-t=yes'], 'BAD_VALUE', 'invalid value "yes" for -t: use true or false'],
    [['--nmae', 'x'], 'UNKNOWN_OPTION', 'unknown option --nmae, did you mean --name? (see systemd-docker run --help)'],
    [
      ['--volumes=/a'],
      'UNKNOWN_OPTION',
      'unknown option --volumes, did you mean --volume? (see systemd-docker run --help)',
    ],
    [['-nmae=x'], 'UNKNOWN_OPTION', 'unknown option -nmae, did you mean --name? (see systemd-docker run --help)'],
    [['--nothing-like-it'], 'UNKNOWN_OPTION', 'unknown option --nothing-like-it (see systemd-docker run --help)'],
    [['-x'], 'UNKNOWN_OPTION', 'unknown option -x (see systemd-docker run --help)'],
    [['-ix'], 'UNKNOWN_OPTION', 'unknown option -x in -ix (see systemd-docker run --help)'],
    [['---rm'], 'UNKNOWN_OPTION', 'unknown option ---rm, did you mean --rm? (see systemd-docker run --help)'],
    [['--=x'], 'UNKNOWN_OPTION', 'unknown option -- (see systemd-docker run --help)'],
    [['--toString'], 'UNKNOWN_OPTION', 'unknown option --toString (see systemd-docker run --help)'],
    [['--__proto__=x'], 'UNKNOWN_OPTION', 'unknown option --__proto__ (see systemd-docker run --help)'],
  ])('the line %j is the error %s', (words, code, message) => {
    expect(thrownBy(() => parseWords(words, RULES))).toMatchObject({code, message})
  })
})

test.each(['-tty', '-init', '-rm', '-interactive'])(
  'the word %s, as docker once took it, is the long option',
  (word) => {
    const rules: Readonly<Record<string, WordRule>> = {
      tty: {char: 't', takes: 'nothing'},
      init: {takes: 'nothing'},
      rm: {takes: 'nothing'},
      interactive: {char: 'i', takes: 'nothing'},
    }
    expect(parseWords([word, 'image'], rules)).toEqual({given: [{name: word.slice(1), value: 'true'}], rest: ['image']})
  },
)

describe('a letter that is another option by the value behind it', () => {
  const rules: Readonly<Record<string, WordRule>> = {
    logs: {char: 'l', takes: 'nothing', orByLetter: {name: 'level', takes: (value) => value === 'error'}},
    rm: {char: 'r', takes: 'nothing'},
  }

  test.each([
    [['-l', 'error'], [{name: 'level', value: 'error'}], []],
    [['-l=error'], [{name: 'level', value: 'error'}], []],
    [['-lerror'], [{name: 'level', value: 'error'}], []],
    [['-rl', 'error'], [{name: 'rm', value: 'true'}, {name: 'level', value: 'error'}], []], // prettier-ignore
    [['-l', 'word'], [{name: 'logs', value: 'true'}], ['word']],
    [['-l=false', 'error'], [{name: 'logs', value: 'false'}], ['error']],
    [['-lr', 'error'], [{name: 'logs', value: 'true'}, {name: 'rm', value: 'true'}], ['error']], // prettier-ignore
    [['--logs', 'error'], [{name: 'logs', value: 'true'}], ['error']],
    [['-l'], [{name: 'logs', value: 'true'}], []],
  ])('%j', (words, given, rest) => {
    expect(parseWords(words, rules)).toEqual({given, rest})
  })
})
