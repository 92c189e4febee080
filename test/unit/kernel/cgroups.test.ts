import {mkdir, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {
  isUnified,
  labelOf,
  parseMemberships,
  cgroupPathsOf,
  readCgroupPaths,
  rootOf,
  systemdCgroupPath,
  type Membership,
  type CgroupPath,
} from '../../../src/kernel/cgroups.js'
import type {MountPoint} from '../../../src/kernel/mountinfo.js'
import {useTempDirectory} from '../../support/temp-directory.js'

describe("a process's cgroup file", () => {
  test('a process on cgroup v2 has one line', () => {
    expect(parseMemberships('0::/system.slice/x.service\n')).toEqual([
      {controllers: [], path: '/system.slice/x.service'},
    ])
  })

  test('a process on cgroup v1 has a line for each hierarchy', () => {
    expect(
      parseMemberships('11:cpuacct,cpu:/system.slice/x.service\n4:devices:/\n1:name=systemd:/system.slice/x.service\n'),
    ).toEqual([
      {controllers: ['cpuacct', 'cpu'], path: '/system.slice/x.service'},
      {controllers: ['devices'], path: '/'},
      {controllers: ['name=systemd'], path: '/system.slice/x.service'},
    ])
  })

  test('a path may have colons', () => {
    expect(parseMemberships('0::/system.slice/docker:a:b')).toEqual([
      {controllers: [], path: '/system.slice/docker:a:b'},
    ])
  })

  test.each(['', '\n', 'garbage\n', '0::relative\n', 'x::/a\n'])('the text %j is no line', (text) => {
    expect(parseMemberships(text)).toEqual([])
  })
})

const unified: MountPoint = {root: '/', mountPoint: '/sys/fs/cgroup', type: 'cgroup2', superOptions: ['rw']}
const cpu: MountPoint = {
  root: '/',
  mountPoint: '/sys/fs/cgroup/cpu,cpuacct',
  type: 'cgroup',
  superOptions: ['rw', 'cpu', 'cpuacct'],
}
const named: MountPoint = {
  root: '/',
  mountPoint: '/sys/fs/cgroup/systemd',
  type: 'cgroup',
  superOptions: ['rw', 'xattr', 'name=systemd'],
}
const other: MountPoint = {root: '/', mountPoint: '/proc', type: 'proc', superOptions: ['rw']}

describe('a place', () => {
  test.each<[string, Membership, readonly MountPoint[], string]>([
    ['on cgroup v2', {controllers: [], path: '/a/b'}, [other, unified], '/sys/fs/cgroup/a/b'],
    ['at the root of cgroup v2', {controllers: [], path: '/'}, [unified], '/sys/fs/cgroup/'],
    ['on cgroup v1', {controllers: ['name=systemd'], path: '/a'}, [cpu, named], '/sys/fs/cgroup/systemd/a'],
    [
      'whose controllers are in the other order, as on CentOS 7',
      {controllers: ['cpuacct', 'cpu'], path: '/a'},
      [named, cpu],
      '/sys/fs/cgroup/cpu,cpuacct/a',
    ],
    [
      'on a hybrid host, in its v2 part',
      {controllers: [], path: '/a'},
      [named, {...unified, mountPoint: '/sys/fs/cgroup/unified'}],
      '/sys/fs/cgroup/unified/a',
    ],
    [
      'below what is mounted of the hierarchy',
      {controllers: [], path: '/docker/1/a'},
      [{...unified, root: '/docker/1'}],
      '/sys/fs/cgroup/a',
    ],
    [
      'at what is mounted of the hierarchy',
      {controllers: [], path: '/docker/1'},
      [{...unified, root: '/docker/1'}],
      '/sys/fs/cgroup',
    ],
    [
      'in the second of two mounts, where the first has another part',
      {controllers: [], path: '/b'},
      [
        {...unified, root: '/a', mountPoint: '/mnt/a'},
        {...unified, root: '/b', mountPoint: '/mnt/b'},
      ],
      '/mnt/b',
    ],
    [
      'in the first of two mounts that both have it',
      {controllers: [], path: '/b'},
      [unified, {...unified, mountPoint: '/mnt'}],
      '/sys/fs/cgroup/b',
    ],
  ])('a place %s is found where its hierarchy is mounted', (_, membership, mounts, directory) => {
    expect(cgroupPathsOf([membership], mounts)).toEqual([{...membership, directory}])
  })

  test.each<[string, Membership, readonly MountPoint[]]>([
    ['where no hierarchy is mounted', {controllers: [], path: '/a'}, [other]],
    ['where only cgroup v1 is mounted', {controllers: [], path: '/a'}, [cpu, named]],
    ['where another controller is mounted', {controllers: ['memory'], path: '/a'}, [unified, cpu]],
    ['whose controllers are only partly mounted together', {controllers: ['cpu', 'cpuset'], path: '/a'}, [cpu]],
    ['beside what is mounted', {controllers: [], path: '/docker/10'}, [{...unified, root: '/docker/1'}]],
    ['above the namespace', {controllers: [], path: '/../other'}, [unified]],
    ['of a mount that is no cgroup', {controllers: ['cpu'], path: '/a'}, [{...cpu, type: 'tmpfs'}]],
  ])('a place %s is none', (_, membership, mounts) => {
    expect(cgroupPathsOf([membership], mounts)).toEqual([])
  })
})

describe('the places of a process', () => {
  const inTemp = useTempDirectory()
  const write = async (pid: string, file: string, text: string): Promise<void> => {
    await mkdir(inTemp(pid), {recursive: true})
    await writeFile(inTemp(pid, file), text)
  }

  test('the places of a process come from its own cgroup file and from the mounts that we see', async () => {
    await write('self', 'mountinfo', '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n')
    await write('self', 'cgroup', '0::/ours\n')
    await write('42', 'mountinfo', '30 23 0:26 / /elsewhere rw - cgroup2 cgroup2 rw\n')
    await write('42', 'cgroup', '0::/theirs\n')
    expect(readCgroupPaths(42, inTemp())).toEqual([
      {controllers: [], path: '/theirs', directory: '/sys/fs/cgroup/theirs'},
    ])
    expect(readCgroupPaths('self', inTemp())).toEqual([
      {controllers: [], path: '/ours', directory: '/sys/fs/cgroup/ours'},
    ])
  })

  test('the places of a process that is gone cannot be read', async () => {
    await write('self', 'mountinfo', '')
    expect(() => readCgroupPaths(42, inTemp())).toThrow(expect.objectContaining({code: 'ENOENT'}))
  })
})

describe('a hierarchy', () => {
  test.each([
    ['of cgroup v2', [], true, 'cgroup v2'],
    ["of cgroup v1 that is systemd's", ['name=systemd'], false, 'name=systemd'],
    ['of cgroup v1 with two controllers', ['cpuacct', 'cpu'], false, 'cpuacct,cpu'],
  ])('a hierarchy %s is called so in messages', (_, controllers, is, label) => {
    expect(isUnified({controllers})).toBe(is)
    expect(labelOf({controllers})).toBe(label)
  })

  test.each<[string, Membership, MountPoint, string]>([
    ['of a cgroup in it', {controllers: [], path: '/system.slice/x.service'}, unified, '/sys/fs/cgroup'],
    ['of itself', {controllers: [], path: '/'}, unified, '/sys/fs/cgroup/'],
    ['on cgroup v1', {controllers: ['name=systemd'], path: '/a'}, named, '/sys/fs/cgroup/systemd'],
  ])('a hierarchy has its root %s', (_, membership, mount, root) => {
    const [place] = cgroupPathsOf([membership], [mount])
    expect(place && rootOf(place)).toBe(root)
  })
})

describe("systemd's own hierarchy", () => {
  const v2: CgroupPath = {controllers: [], path: '/a', directory: '/sys/fs/cgroup/a'}
  const v1: CgroupPath = {controllers: ['name=systemd'], path: '/a', directory: '/sys/fs/cgroup/systemd/a'}
  const memory: CgroupPath = {controllers: ['memory'], path: '/a', directory: '/sys/fs/cgroup/memory/a'}

  test.each<[string, readonly CgroupPath[], CgroupPath | undefined]>([
    ['is cgroup v2', [v2], v2],
    ['is name=systemd of cgroup v1', [memory, v1], v1],
    ['is name=systemd where there are both', [v2, v1], v1],
    ['is cgroup v2 beside hierarchies of v1 that are others', [memory, v2], v2],
    ['is not there with those others alone', [memory], undefined],
  ])("systemd's own hierarchy %s", (_, places, place) => {
    expect(systemdCgroupPath(places)).toBe(place)
  })
})
