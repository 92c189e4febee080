import {describe, expect, test} from 'vitest'
import {mount} from '../../../../../src/docker/run-options/values/mount.js'
import type {Mount} from '../../../../../src/docker/create-request.js'
import {draftOf} from '../../../../support/run-options/draft.js'

async function mountsOf(...values: string[]): Promise<Mount[]> {
  const {request} = await draftOf(mount, values, {env: {}, cwd: '/srv/app'})
  return request.body.HostConfig.Mounts
}

describe('--mount', () => {
  test.each([
    ['without a type is a volume', 'source=data,target=/x', {Type: 'volume', Source: 'data', Target: '/x'}],
    ['without a source is an anonymous volume', 'dst=/x', {Type: 'volume', Target: '/x'}],
    ['takes src and dst', 'type=volume,src=data,dst=/x', {Type: 'volume', Source: 'data', Target: '/x'}],
    ['takes destination', 'destination=/x', {Type: 'volume', Target: '/x'}],
    ['binds a directory', 'type=bind,src=/a,dst=/x', {Type: 'bind', Source: '/a', Target: '/x'}],
    [
      'binds a directory relative to the working directory',
      'type=bind,src=./a,dst=/x',
      {Type: 'bind', Source: '/srv/app/a', Target: '/x'},
    ],
    ['binds the working directory', 'type=bind,src=.,dst=/x', {Type: 'bind', Source: '/srv/app', Target: '/x'}],
    ['binds its parent', 'type=bind,src=../b,dst=/x', {Type: 'bind', Source: '/srv/b', Target: '/x'}],
    ['takes the type in any case', 'type=BIND,src=/a,dst=/x', {Type: 'bind', Source: '/a', Target: '/x'}],
    ['takes keys in any case', 'Type=bind,SRC=/a,Target=/x', {Type: 'bind', Source: '/a', Target: '/x'}],
    ['takes blanks around the whole', ' type=bind,src=/a,dst=/x ', {Type: 'bind', Source: '/a', Target: '/x'}],
    [
      'bind-create-src is a switch',
      'type=bind,src=/a,dst=/x,bind-create-src',
      {Type: 'bind', Source: '/a', Target: '/x', BindOptions: {CreateMountpoint: true}},
    ],
    [
      'bind-create-src takes a value',
      'type=bind,src=/a,dst=/x,bind-create-src=false',
      {Type: 'bind', Source: '/a', Target: '/x', BindOptions: {CreateMountpoint: false}},
    ],
    ['readonly is a switch', 'dst=/x,readonly', {Type: 'volume', Target: '/x', ReadOnly: true}],
    ['ro is a switch', 'dst=/x,ro', {Type: 'volume', Target: '/x', ReadOnly: true}],
    ['readonly takes a value', 'dst=/x,readonly=false', {Type: 'volume', Target: '/x', ReadOnly: false}],
    ['ro takes a value', 'dst=/x,ro=1', {Type: 'volume', Target: '/x', ReadOnly: true}],
    ['a later field wins', 'dst=/x,dst=/y', {Type: 'volume', Target: '/y'}],
    ['consistency', 'dst=/x,consistency=Cached', {Type: 'volume', Target: '/x', Consistency: 'cached'}],
    [
      'bind-propagation',
      'type=bind,src=/a,dst=/x,bind-propagation=rSlave',
      {Type: 'bind', Source: '/a', Target: '/x', BindOptions: {Propagation: 'rslave'}},
    ],
    [
      'volume-nocopy is a switch',
      'dst=/x,volume-nocopy',
      {Type: 'volume', Target: '/x', VolumeOptions: {NoCopy: true}},
    ],
    [
      'volume-nocopy takes a value',
      'dst=/x,volume-nocopy=false',
      {Type: 'volume', Target: '/x', VolumeOptions: {NoCopy: false}},
    ],
    [
      'volume-subpath',
      'src=data,dst=/x,volume-subpath=a/b',
      {Type: 'volume', Source: 'data', Target: '/x', VolumeOptions: {Subpath: 'a/b'}},
    ],
    [
      'volume-label, as often as it is given',
      'dst=/x,volume-label=a=1,volume-label=b',
      {Type: 'volume', Target: '/x', VolumeOptions: {Labels: {a: '1', b: ''}}},
    ],
    [
      'volume-driver and its options, in any order',
      'volume-opt=type=nfs,dst=/x,volume-driver=local,volume-opt=device=:/export',
      {
        Type: 'volume',
        Target: '/x',
        VolumeOptions: {DriverConfig: {Name: 'local', Options: {type: 'nfs', device: ':/export'}}},
      },
    ],
    [
      'a value with commas, in quotes',
      'dst=/x,"volume-opt=o=addr=10.0.0.1,rw"',
      {Type: 'volume', Target: '/x', VolumeOptions: {DriverConfig: {Options: {o: 'addr=10.0.0.1,rw'}}}},
    ],
    [
      'tmpfs-size and tmpfs-mode',
      'type=tmpfs,dst=/x,tmpfs-size=64m,tmpfs-mode=1777',
      {Type: 'tmpfs', Target: '/x', TmpfsOptions: {SizeBytes: 67_108_864, Mode: 0o1777}},
    ],
    ['an image', 'type=image,src=busybox,dst=/x', {Type: 'image', Source: 'busybox', Target: '/x'}],
  ])('the mount is what --mount says of it: %s', async (_, value, expected) => {
    expect(await mountsOf(value)).toEqual([expected])
  })

  test('--mount adds one mount each time', async () => {
    expect(await mountsOf('dst=/x', 'type=tmpfs,dst=/y')).toEqual([
      {Type: 'volume', Target: '/x'},
      {Type: 'tmpfs', Target: '/y'},
    ])
  })

  test.each([
    ['', "there is no field ''"],
    ['dst=/x,', "there is no field ''"],
    ['dst=/x,sauce=/a', "there is no field 'sauce'"],
    ['dst=/x,toString=1', "there is no field 'tostring'"],
    ['dst=/x,source', "the field 'source' needs a value"],
    ['target', "the field 'target' needs a value"],
    ['dst=/x,volume-label', "the field 'volume-label' needs a value"],
    ['type=floppy,dst=/x', 'use one of bind, volume, tmpfs, npipe, cluster, image'],
    ['dst=/x,readonly=maybe', 'use true or false'],
    ['dst=/x,volume-nocopy=maybe', 'use true or false'],
    ['type=tmpfs,dst=/x,tmpfs-mode=rwx', "'rwx' is not an octal number, such as 0027"],
    ['type=tmpfs,dst=/x,tmpfs-mode=1778', "'1778' is not an octal number, such as 0027"],
    ['type=tmpfs,dst=/x,tmpfs-size=big', 'use a number of bytes, or one with a unit: b, k, m, g, t, p'],
    ['type=bind,src=/a', 'it needs a target'],
    ['type=bind,src=/a,dst=', "the field 'dst' has no value"],
    ['type=bind,dst=/x', 'a bind mount needs a source'],
    ['type=bind,src=,dst=/x', "the field 'src' has no value"],
    ['type=bind,src= /a,dst=/x', "the value of 'src' has blanks around it"],
    ['dst=/x,bind-propagation=rslave', 'fields of type=bind do not go with type=volume'],
    ['type=bind,src=/a,dst=/x,volume-nocopy', 'fields of type=volume do not go with type=bind'],
    ['type=bind,src=/a,dst=/x,tmpfs-mode=1777', 'fields of type=tmpfs do not go with type=bind'],
  ])('--mount %s is refused: %s', async (value, why) => {
    const promise = mountsOf(value)
    await expect(promise).rejects.toMatchObject({code: 'BAD_VALUE'})
    await expect(promise).rejects.toThrow(`for --option: ${why}`)
  })
})

test.each(['type=bind,dst=/x,"src=/data', 'type=bind,dst=/x,"src=/a"b', 'type=bind,dst=/x,s"rc=/a"'])(
  'quotes that are not right are refused: %s',
  async (value) => {
    await expect(draftOf(mount, [value])).rejects.toMatchObject({code: 'BAD_VALUE'})
  },
)

test('a source that does not begin with a dot is left to the Engine', async () => {
  const draft = await draftOf(mount, ['type=bind,src=data,dst=/x'], {env: {}, cwd: '/srv'})
  expect(draft.request.body.HostConfig.Mounts).toEqual([{Type: 'bind', Source: 'data', Target: '/x'}])
})
