import {expect, test} from 'vitest'
import {parseMountinfo, type MountPoint} from '../../../src/kernel/mountinfo.js'

const parseAll = (text: string): MountPoint[] => parseMountinfo(text, /^/)

test('cgroup v2 is read as one hierarchy', () => {
  expect(
    parseAll(
      '30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n',
    ),
  ).toEqual([
    {
      root: '/',
      mountPoint: '/sys/fs/cgroup',
      type: 'cgroup2',
      superOptions: ['rw', 'nsdelegate', 'memory_recursiveprot'],
    },
  ])
})

test('a hierarchy of cgroup v1 has its controllers in the super options', () => {
  expect(
    parseAll('33 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:11 - cgroup cgroup rw,cpu,cpuacct'),
  ).toEqual([
    {root: '/', mountPoint: '/sys/fs/cgroup/cpu,cpuacct', type: 'cgroup', superOptions: ['rw', 'cpu', 'cpuacct']},
  ])
})

test.each([
  ['no optional fields', '36 35 98:0 /part /mnt rw,noatime - ext3 /dev/root rw'],
  ['one', '36 35 98:0 /part /mnt rw,noatime master:1 - ext3 /dev/root rw'],
  ['several', '36 35 98:0 /part /mnt rw,noatime shared:7 master:1 propagate_from:2 - ext3 /dev/root rw'],
])('a line is read with %s before the type', (_, line) => {
  expect(parseAll(line)).toEqual([{root: '/part', mountPoint: '/mnt', type: 'ext3', superOptions: ['rw']}])
})

test('characters that the kernel writes in octal are themselves again', () => {
  expect(parseAll(String.raw`36 35 98:0 /a\040b /mnt/tab\011new\012line\134end rw - ext4 /dev/sda rw`)).toEqual([
    {root: '/a b', mountPoint: '/mnt/tab\tnew\nline\\end', type: 'ext4', superOptions: ['rw']},
  ])
})

test('mounts keep their order, and lines that are none are passed over', () => {
  const text = [
    '1 0 0:1 / / rw - overlay overlay rw',
    '',
    'garbage',
    '9 8 0:9 /root - type source rw',
    '2 1 0:2 / /proc rw - proc proc rw',
    '3 1 0:3 / /sys rw -',
    '',
  ].join('\n')
  expect(parseAll(text).map(({mountPoint}) => mountPoint)).toEqual(['/', '/proc'])
})

test('an empty text has no mounts', () => {
  expect(parseAll('')).toEqual([])
})

test('of many mounts only the wanted ones are read', () => {
  const text = [
    '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
    '31 23 0:27 / /srv/cgroup2 rw - overlay overlay rw',
    '32 23 0:28 / /run/netns/a rw - nsfs nsfs rw',
  ].join('\n')
  expect(parseMountinfo(text, / - cgroup2 /).map(({mountPoint}) => mountPoint)).toEqual(['/sys/fs/cgroup'])
})
