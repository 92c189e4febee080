import {describe, expect, test} from 'vitest'
import {parseEntryRules} from '../../../../src/logs/priority/parse.js'

const NOTHING = {stderrPriority: undefined, levelFrom: undefined, multiline: undefined}

async function levelIn(levelFrom: string, text: string | Buffer): Promise<number | undefined> {
  const {readLevel} = await parseEntryRules({...NOTHING, levelFrom})
  return readLevel?.(Buffer.from(text))
}

async function begins(multiline: string, line: string): Promise<boolean | undefined> {
  const {beginsEntry} = await parseEntryRules({...NOTHING, multiline})
  return beginsEntry?.(Buffer.from(line))
}

test('a line that says nothing of priorities leaves standard error at info, looks at no text and joins nothing', async () => {
  expect(await parseEntryRules(NOTHING)).toEqual({stderrPriority: 6, readLevel: undefined, beginsEntry: undefined})
})

describe('what --stderr-priority takes', () => {
  test.each([
    ['emerg', 0],
    ['err', 3],
    ['info', 6],
    ['debug', 7],
    ['0', 0],
    ['7', 7],
  ])('%s', async (stderrPriority, priority) => {
    expect((await parseEntryRules({...NOTHING, stderrPriority})).stderrPriority).toBe(priority)
  })

  test.each([
    ['error', /use emerg, alert, crit, err, warning, notice, info or debug, or 0 to 7; did you mean err\?$/],
    ['WARN', /did you mean warning\?$/],
    ['8', /or 0 to 7$/],
    ['-1', /or 0 to 7$/],
    ['', /or 0 to 7$/],
    ['loud', /or 0 to 7$/],
  ])('%j is refused', async (stderrPriority, why) => {
    await expect(parseEntryRules({...NOTHING, stderrPriority})).rejects.toThrow(
      expect.objectContaining({
        code: 'BAD_VALUE',
        message: expect.stringMatching(why) as string,
      }),
    )
  })
})

describe('what --log-level-from takes', () => {
  test.each([
    ['', /use json, json:FIELD, logfmt or regex:\/REGEX\/$/],
    ['xml', /use json, json:FIELD, logfmt or regex:\/REGEX\/$/],
    ['JSON', /use json/],
    ['logfmt:level', /use json/],
    ['json:', /name the field, as in json:level/],
    ['json:a..b', /name the field, as in json:level/],
    ['regex:', /use a regular expression between slashes, such as regex:/],
    ['regex:error', /use a regular expression between slashes/],
    ['regex:/(a)/g', /use a regular expression between slashes/],
    ['regex:/error/', /put the level in a group, as in regex:/],
    ['regex:/(error/', /missing closing \): `\(error`; the syntax is that of RE2, without look-around/],
    ['regex:/(?=a)(b)/', /`\(\?=`; the syntax is that of RE2, without look-around and back references$/],
    [String.raw`regex:/(a)\1/`, /without look-around and back references$/],
  ])('%j is refused', async (levelFrom, why) => {
    await expect(parseEntryRules({...NOTHING, levelFrom})).rejects.toThrow(
      expect.objectContaining({
        code: 'BAD_VALUE',
        message: expect.stringMatching(why) as string,
      }),
    )
  })
})

describe('the level in JSON', () => {
  test.each([
    ['pino', '{"level":50,"time":1767225600000,"msg":"it failed"}', 3],
    ['zap', '{"level":"error","ts":1767225600.1,"caller":"main.go:1","msg":"it failed"}', 3],
    ['slog', '{"time":"2026-01-01T00:00:00Z","level":"ERROR","msg":"it failed"}', 3],
    ['Google Cloud', '{"severity":"ERROR","message":"it failed"}', 3],
    ['the Elastic Common Schema, flat', '{"@timestamp":"2026-01-01T00:00:00Z","log.level":"error"}', 3],
    ['the Elastic Common Schema, nested', '{"log":{"level":"error"}}', 3],
    ['python-json-logger', '{"levelname":"ERROR","message":"it failed"}', 3],
    ["Python's numbers", '{"levelno":40,"message":"it failed"}', 3],
    ['loguru', '{"text":"it failed","record":{"level":{"icon":"x","name":"ERROR","no":40}}}', 3],
    ['Monolog', '{"message":"it failed","level":400,"level_name":"ERROR"}', 3],
    ['Serilog', '{"@t":"2026-01-01T00:00:00Z","@mt":"it failed","@l":"Error"}', 3],
    ['.NET', '{"EventId":0,"LogLevel":"Error","Message":"it failed"}', 3],
    ['hclog', '{"@level":"error","@message":"it failed"}', 3],
    ['GELF', '{"version":"1.1","short_message":"it failed","level":3}', 3],
    ['PostgreSQL', '{"timestamp":"2026-01-01","error_severity":"ERROR","message":"it failed"}', 3],
    ['the journal', '{"MESSAGE":"it failed","PRIORITY":"3"}', 3],
    ['OpenTelemetry', '{"body":"it failed","severityNumber":17}', 3],
    ['a field in capitals', '{"Level":"Error"}', 3],
    ['the first field that says one', '{"severity":"info","lvl":"x","level":"error"}', 3],
    ['a field beside one that says none', '{"level":{"a":1},"severity":"error"}', 3],
    ['white space at the end', '{"level":"error"} \r', 3],
    ['several lines', '{\n  "level": "error",\n  "msg": "it failed"\n}', 3],
    ['a stack trace behind it', '{"level":"error"}\n    at main (main.js:1)', 3],
    ['an object without one', '{"message":"it failed"}', undefined],
    ['a level that is none', '{"level":"loud"}', undefined],
    ['a list', '["level","error"]', undefined],
    ['text', 'level error', undefined],
    ['what is no JSON', '{level: error}', undefined],
    ['half an object', '{"level":"error","msg":"', undefined],
    ['nothing', '', undefined],
    ['the name of a prototype', '{"__proto__":{"level":"error"}}', undefined],
    ['another object in it', '{"request":{"level":"error"}}', undefined],
  ])('of %s', async (_, text, priority) => {
    expect(await levelIn('json', text)).toBe(priority)
  })

  test.each([
    ['json:s', '{"s":"E","level":"info"}', 3],
    ['json:fields.Level', '{"fields":{"Level":"error"}}', 3],
    ['json:fields.Level', '{"fields.Level":"error","fields":{"Level":"info"}}', 3],
    ['json:a.levelno', '{"a":{"levelno":30}}', 4],
    ['json:a.b.c', '{"a":{"b":null}}', undefined],
    ['json:a.length', '{"a":"error"}', undefined],
    ['json:toString', '{"level":"error"}', undefined],
    ['json:__proto__.level', '{"level":"error"}', undefined],
  ])('that %s names, in %s', async (levelFrom, text, priority) => {
    expect(await levelIn(levelFrom, text)).toBe(priority)
  })

  test.each([
    ['deep lists', '['.repeat(1 << 20)],
    ['deep lists in an object', `{"level":${'['.repeat(1 << 20)}`],
    ['deep objects', '{"a":'.repeat(8000)],
    ['deep lists that end', `{"level":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ['many fields', `{${Array.from({length: 5000}, (_, index) => `"${String(index)}":0`).join(',')}}`],
    ['a number without end', `{"level":${'1'.repeat(40_000)}}`],
    ['bytes that are no text', Buffer.alloc(40_000, 0xff)],
  ])('of %s is none', async (_, text) => {
    expect(await levelIn('json', text)).toBeUndefined()
  })
})

describe('the level in logfmt', () => {
  test.each([
    ['level=error msg="it failed"', 3],
    ['time="2026-01-01T00:00:00Z" level=error msg="it failed"', 3],
    ['ts=1 lvl=eror msg=failed', 3],
    ['severity="ERROR" msg=failed', 3],
    ['LEVEL=Error', 3],
    ['log.level=error', 3],
    ['msg="level=error is no level" level=info', 6],
    [String.raw`msg="a \" level=error \\" level=info`, 6],
    ['debug level=loud severity=error', 3],
    ['level=error\r', 3],
    ['level= error', undefined],
    ['alevel=error', undefined],
    ['level error', undefined],
    ['msg="level=error', 3],
    ['"level=error', 3],
    ['', undefined],
  ])('of %s', async (text, priority) => {
    expect(await levelIn('logfmt', text)).toBe(priority)
  })

  test.each([
    ['quotes', '"'.repeat(1 << 20)],
    ['pairs of open quotes', 'a="'.repeat(1 << 18)],
    ['escaped quotes', `a="${String.raw`\"`.repeat(1 << 19)}`],
    ['spaces', ' '.repeat(1 << 20)],
    ['equals signs', '='.repeat(1 << 20)],
    ['backslashes', `a="${'\\'.repeat(1 << 20)}`],
  ])('of %s is none', async (_, text) => {
    expect(await levelIn('logfmt', text)).toBeUndefined()
  })
})

describe('the level that a regular expression finds', () => {
  test.each([
    [String.raw`regex:/^\[(\w+)\]/`, '[ERROR] it failed', 3],
    [String.raw`regex:/^(\S+) (?<level>\w+)/`, '2026-01-01 error it failed', 3],
    ['regex:/^(?P<level>error|info) /', 'error it failed', 3],
    ['regex:/^([IWEF])[0-9]{4} /', 'E0102 15:04:05 main.go:1] it failed', 3],
    ['regex:/(ERROR)/i', 'an error', 3],
    ['regex:/^(error)$/m', 'first\nerror', 3],
    ['regex:/<(.)>/', 'it is <3>', 3],
    ['regex:/ (error)$/', 'an error\r', 3],
    ['regex:/^(?:x|(error))/', 'x', undefined],
    [String.raw`regex:/^\[(\w+)\]/`, '[loud] it failed', undefined],
    [String.raw`regex:/^\[(\w+)\]/`, 'it failed', undefined],
  ])('%s in %j', async (levelFrom, text, priority) => {
    expect(await levelIn(levelFrom, text)).toBe(priority)
  })

  test.each([
    ['regex:/^(a+)+$/', 'a'],
    ['regex:/(a|aa)+$/', 'a'],
    ['regex:/(a*)*b/', 'a'],
    ['regex:/(.*)(.*)(.*)(.*)=/', 'x'],
    [String.raw`regex:/(\s+)+$/`, ' '],
    ['regex:/((a{0,30}){0,30})b/', 'a'],
  ])('%s is done soon with a line that is made for it', async (levelFrom, letter) => {
    expect(await levelIn(levelFrom, `${letter.repeat(1 << 20)}!`)).toBeUndefined()
  })
})

describe('what --multiline takes', () => {
  test.each([
    [String.raw`/^\S/`, 'it failed', true],
    [String.raw`/^\S/`, '    at main (main.js:1)', false],
    ['/^[0-9]{4}-/', '2026-01-01 it failed', true],
    ['/^error/i', 'ERROR it failed', true],
    ['/it/', 'there it is', true],
    ['/^$/', '\r', true],
  ])('with %s, whether %j begins an entry', async (multiline, line, isFirst) => {
    expect(await begins(multiline, line)).toBe(isFirst)
  })

  test.each([
    ['', /use a regular expression between slashes, such as \/\^\\S\/, with i, m or s behind it where needed$/],
    [String.raw`^\S`, /use a regular expression between slashes/],
    ['//', /use a regular expression between slashes/],
    ['/^[/', /missing closing \]: `\[`; the syntax is that of RE2, without look-around and back references$/],
    [String.raw`/^(?!\s)/`, /without look-around and back references$/],
  ])('%j is refused', async (multiline, why) => {
    await expect(parseEntryRules({...NOTHING, multiline})).rejects.toThrow(
      expect.objectContaining({
        code: 'BAD_VALUE',
        message: expect.stringMatching(why) as string,
      }),
    )
  })
})
