import {expect, test} from 'vitest'
import {findInit} from '../../../src/kernel/container-init.js'
import {useFakeHost} from '../../support/fake-host.js'

const ID = 'c0ffee'.repeat(10)
const host = useFakeHost()
const STAT = `42 (sh) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 1234 1 1 ${'0 '.repeat(20)}`

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['whose cgroup has its id', {stat: STAT, cgroup: `0::/system.slice/docker-${ID}.scope\n`}, 'here'],
  [
    'that was moved, with the files that the Engine keeps for it',
    {
      stat: STAT,
      cgroup: '0::/system.slice/web.service\n',
      mountinfo: `9 8 8:1 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n`,
    },
    'here',
  ],
  ['that is another process', {stat: STAT, cgroup: '0::/user.slice\n', mountinfo: '9 8 8:1 / / rw\n'}, 'elsewhere'],
  ['that is not there', {}, 'gone'],
  ['that has ended', {stat: STAT.replace(' S ', ' Z '), cgroup: '0::/\n'}, 'gone'],
])("a container's init %s is known", async (_, files, where) => {
  for (const [name, text] of Object.entries(files)) await host.write(text, 'proc', '42', name)
  const found = await findInit({id: ID, pid: 42}, host.in('proc'))
  expect(typeof found === 'string' ? found : 'here').toBe(where)
})
