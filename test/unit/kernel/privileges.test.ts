import {expect, test, vi} from 'vitest'
import {mayClaimPids} from '../../../src/kernel/privileges.js'
import {useTempDirectory} from '../../support/temp-directory.js'
import {mkdir, writeFile} from 'node:fs/promises'

const ALL = '000001ffffffffff'
const NONE = '0000000000000000'
const HOSTS = '         0          0 4294967295\n'
const ROOT_ALONE = '         0          0          1\n'

const inTemp = useTempDirectory()

test.each([
  ['root with all capabilities', 0, ALL, HOSTS, true],
  ['root with this one capability', 0, '0000000000200000', HOSTS, true],
  ['root without capabilities', 0, NONE, HOSTS, false],
  ['root with all others', 0, '000001ffffdfffff', HOSTS, false],
  ['root of a user namespace', 0, ALL, ROOT_ALONE, false],
  ['another user', 1000, ALL, HOSTS, false],
])('a process of %s may send in the name of others as the kernel lets it', async (_, uid, effective, users, may) => {
  vi.spyOn(process, 'geteuid').mockReturnValue(uid)
  await mkdir(inTemp('self'), {recursive: true})
  await writeFile(inTemp('self', 'status'), `CapPrm:\t${ALL}\nCapEff:\t${effective}\nCapBnd:\t${ALL}\n`)
  await writeFile(inTemp('self', 'uid_map'), users)
  expect(await mayClaimPids(inTemp())).toBe(may)
})

test('a process that cannot look at itself sends in the name of nobody', async () => {
  vi.spyOn(process, 'geteuid').mockReturnValue(0)
  expect(await mayClaimPids(inTemp('nowhere'))).toBe(false)
})
