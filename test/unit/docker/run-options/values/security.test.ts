import {writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {securityOption} from '../../../../../src/docker/run-options/values/security.js'
import {draftOf} from '../../../../support/run-options/draft.js'
import {useTempDirectory} from '../../../../support/temp-directory.js'

describe('--security-opt', () => {
  const inTemp = useTempDirectory()
  const hostConfigOf = async (value: string) =>
    (await draftOf(securityOption, [value], {env: {}, cwd: inTemp()})).request.body.HostConfig

  test.each(['no-new-privileges', 'apparmor=unconfined', 'label:disable', 'seccomp=unconfined', 'seccomp=builtin'])(
    '--security-opt %s is passed on',
    async (value) => {
      expect((await hostConfigOf(value)).SecurityOpt).toEqual([value])
    },
  )

  test('seccomp= sends the file itself, without its blanks', async () => {
    await writeFile(inTemp('profile.json'), '{\n  "a": 1.50e3, "b": "x \\" y"\n}\n')
    expect((await hostConfigOf('seccomp=profile.json')).SecurityOpt).toEqual([
      String.raw`seccomp={"a":1.50e3,"b":"x \" y"}`,
    ])
  })

  test('systempaths=unconfined masks no path', async () => {
    expect(await hostConfigOf('systempaths=unconfined')).toMatchObject({
      MaskedPaths: [],
      ReadonlyPaths: [],
      SecurityOpt: [],
    })
  })

  test('a profile that is no JSON is refused', async () => {
    await writeFile(inTemp('profile.json'), '{')
    await expect(hostConfigOf('seccomp=profile.json')).rejects.toThrow(
      'invalid value "seccomp=profile.json" for --option: ',
    )
  })

  test('a profile that is not there is an error that names its path', async () => {
    await expect(hostConfigOf('seccomp=none.json')).rejects.toMatchObject({code: 'UNREADABLE_FILE'})
  })
})
