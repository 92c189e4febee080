import {writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {environment, environmentFile} from '../../../../../src/docker/run-options/values/environment.js'
import {draftOf} from '../../../../support/run-options/draft.js'
import {useTempDirectory} from '../../../../support/temp-directory.js'

describe('--env', () => {
  const around = {env: {HERE: 'ours', EMPTY: ''}, cwd: '/srv'}

  test.each([
    ['a value', 'KEY=value', 'KEY=value'],
    ['an empty value', 'KEY=', 'KEY='],
    ['an equals sign in its value', 'KEY=a=b', 'KEY=a=b'],
    ['quotes in its value, which stay', 'KEY="a b"', 'KEY="a b"'],
    ["no value, which takes the unit's", 'HERE', 'HERE=ours'],
    ["no value where the unit's is empty", 'EMPTY', 'EMPTY='],
  ])('--env is read as docker does, with %s', async (_, value, entry) => {
    const {request} = await draftOf(environment, [value], around)
    expect(request.body.Env).toEqual([entry])
  })

  test('--env adds its variables in the order of the line', async () => {
    const {request} = await draftOf(environment, ['B=1', 'A=2', 'B=3'], around)
    expect(request.body.Env).toEqual(['B=1', 'A=2', 'B=3'])
  })

  test.each(['', '=value', '='])('a variable %j has no name and is refused', async (value) => {
    await expect(draftOf(environment, [value], around)).rejects.toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "${value}" for --option: a variable needs a name`,
    })
  })
})

describe('--env-file', () => {
  const inTemp = useTempDirectory()
  const envOf = async (content: string): Promise<string[]> => {
    await writeFile(inTemp('variables.env'), content)
    const {request} = await draftOf(environmentFile, ['variables.env'], {env: {HERE: 'ours'}, cwd: inTemp()})
    return request.body.Env
  }

  test.each([
    ['a variable a line', 'A=1\nB=2\n', ['A=1', 'B=2']],
    ['no newline at its end', 'A=1\nB=2', ['A=1', 'B=2']],
    ['lines that end as on Windows', 'A=1\r\nB=2\r\n', ['A=1', 'B=2']],
    ['blank lines', '\nA=1\n \t\n\nB=2\n', ['A=1', 'B=2']],
    ['comments', '# A=0\nA=1\n  # indented\n', ['A=1']],
    ['a number sign in a value, which is no comment', 'A=1 # one', ['A=1 # one']],
    ['blanks before a name', '  A=1\n\tB=2', ['A=1', 'B=2']],
    ['blanks around a value, which stay', 'A= 1 ', ['A= 1 ']],
    ['quotes, which stay', `A="1"\nB='2'`, ['A="1"', "B='2'"]],
    ['a dollar sign, which stays', 'A=$HERE', ['A=$HERE']],
    ['an equals sign in a value', 'A=b=c', ['A=b=c']],
    ["a name without a value, which takes the unit's", 'HERE', ['HERE=ours']],
    ['a name without a value that the unit does not have', 'MISSING\nA=1', ['A=1']],
    ['a byte order mark', '\uFEFFA=1', ['A=1']],
    ['letters of any language', 'A=Grüße', ['A=Grüße']],
    ['nothing', '', []],
  ])('--env-file is read as docker does, with %s', async (_, content, env) => {
    expect(await envOf(content)).toEqual(env)
  })

  test('a file of --env-file is found by its absolute path', async () => {
    await writeFile(inTemp('variables.env'), 'A=1')
    const {request} = await draftOf(environmentFile, [inTemp('variables.env')])
    expect(request.body.Env).toEqual(['A=1'])
  })

  test.each([
    ['a blank in a name', 'A=1\nB C=2', 2],
    ['a tab in a name', 'B\tC=2', 1],
    ['a blank behind a name without a value', 'A \n', 1],
    ['no name before a value', '# first\n\n=2', 3],
  ])('a file of --env-file with %s is refused, and the line is said', async (_, content, line) => {
    await expect(envOf(content)).rejects.toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "variables.env" for --option: line ${String(line)} has no name before its value, or one with spaces`,
    })
  })

  test('a file of --env-file that is not there is an error that names the option and the path', async () => {
    await expect(draftOf(environmentFile, ['none.env'], {env: {}, cwd: inTemp()})).rejects.toMatchObject({
      code: 'UNREADABLE_FILE',
      message: `cannot read ${inTemp('none.env')}, which --option names: ENOENT: no such file or directory, open '${inTemp('none.env')}'`,
    })
  })

  test('a directory for --env-file is an error', async () => {
    await expect(draftOf(environmentFile, [inTemp()])).rejects.toMatchObject({code: 'UNREADABLE_FILE'})
  })
})
