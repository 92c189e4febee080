import {describe, expect, test} from 'vitest'
import {hasUnifiedAlone, namedCgroups, ownCgroups} from '../../../src/placement/target-cgroups.js'
import type {CgroupPath} from '../../../src/kernel/cgroups.js'

function place(path: string, ...controllers: readonly string[]): CgroupPath {
  return {controllers, path, directory: `/sys/fs/cgroup/${controllers.join(',')}${path}`}
}

const X = '/system.slice/x.service'
const unified = place(X)
const systemd = place(X, 'name=systemd')
const cpu = place(X, 'cpuacct', 'cpu')
const devices = place(X, 'devices')
const memory = place('/', 'memory')

describe('a process has a cgroup of its own', () => {
  test.each<[string, readonly CgroupPath[], readonly CgroupPath[]]>([
    ['on cgroup v2', [unified], [unified]],
    ['in every hierarchy of v1, but at its root and for devices', [memory, devices, cpu, systemd], [cpu, systemd]],
    ['nowhere at the root', [place('/')], []],
    ['in v1 alone where there are both', [systemd, cpu, unified], [systemd, cpu]],
    ['on cgroup v2 beside hierarchies of v1 where it is nowhere', [memory, unified], [unified]],
  ])('a process has a cgroup of its own %s', (_, places, own) => {
    expect(ownCgroups(places)).toEqual(own)
  })
})

describe('a host has cgroup v2 alone', () => {
  test.each<[string, readonly CgroupPath[], boolean]>([
    ['with one hierarchy', [unified], true],
    ['and not with those of v1', [systemd, cpu], false],
    ['and not with both', [systemd, unified], false],
  ])('a host has cgroup v2 alone %s', (_, places, alone) => {
    expect(hasUnifiedAlone(places)).toBe(alone)
  })
})

describe('the hierarchies that are named', () => {
  test.each<[string, readonly CgroupPath[], readonly string[], readonly CgroupPath[], readonly string[]]>([
    ['are the one', [cpu, systemd], ['name=systemd'], [systemd], []],
    ['are the one that a controller is in', [cpu, systemd], ['cpu'], [cpu], []],
    ['are the one that two controllers are in, once', [cpu, systemd], ['cpu', 'cpuacct'], [cpu], []],
    ['are in the order of their names', [cpu, systemd], ['name=systemd', 'cpu'], [systemd, cpu], []],
    ['are devices when that is said', [devices, systemd], ['devices'], [devices], []],
    ['are also those where the process is at the root', [memory], ['memory'], [memory], []],
    ['may be missing, one after another', [cpu], ['blkio', 'cpu', 'pids'], [cpu], ['blkio', 'pids']],
    ['are cgroup v2 for name=systemd where nothing else is called so', [unified], ['name=systemd'], [unified], []],
    ['are the one of v1 for name=systemd where there are both', [unified, systemd], ['name=systemd'], [systemd], []],
    ['are not cgroup v2 for one of its controllers', [unified], ['cpu'], [], ['cpu']],
  ])('the hierarchies that are named %s', (_, places, names, found, missing) => {
    expect(namedCgroups(places, names)).toEqual({found, missing})
  })
})
