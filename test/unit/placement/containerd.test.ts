import {chmod, mkdir} from 'node:fs/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import {
  SHIM_PROGRAM,
  findContainerd,
  shimIn,
  systemContainerdIn,
  type Containerd,
} from '../../../src/placement/containerd.js'
import {useFakeHost} from '../../support/fake-host.js'

const DEFAULT = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin']
const host = useFakeHost()

async function process(pid: string, comm: string, environ = ''): Promise<void> {
  await host.write(`${comm}\n`, 'proc', pid, 'comm')
  await host.write(environ, 'proc', pid, 'environ')
}

async function program(mode: number, ...names: readonly string[]): Promise<void> {
  await host.write('#!/bin/sh\n', ...names, SHIM_PROGRAM)
  await chmod(host.in(...names, SHIM_PROGRAM), mode)
}

/** Who looks for shims, where these files lead to containerd, and docker.pid to dockerd. */
function found(files: readonly string[], version = '28.5.2'): Containerd | undefined {
  const containerd = files.map((name) => host.in(name))
  return findContainerd({containerd, dockerd: [host.in('docker.pid')]}, {version}, host.in('proc'))
}

describe('the containerd of the Engine', () => {
  test('the containerd is looked for where dockerd says which it has started, then in the service of its own', () => {
    expect(systemContainerdIn('/sys/fs/cgroup/systemd')).toEqual({
      containerd: [
        '/run/docker/containerd/containerd.pid',
        '/sys/fs/cgroup/systemd/system.slice/containerd.service/cgroup.procs',
      ],
      dockerd: ['/run/docker.pid', '/sys/fs/cgroup/systemd/system.slice/docker.service/cgroup.procs'],
    })
  })

  test('the containerd is the one in the first file, with its own file system and PATH', async () => {
    await process('77', 'containerd', 'LANG=C\0PATH=/opt/bin:/usr/bin\0HOME=/\0')
    await process('78', 'containerd', 'PATH=/other\0')
    await host.write('77', 'containerd.pid')
    await host.write('78\n', 'cgroup.procs')
    expect(found(['containerd.pid', 'cgroup.procs'])).toEqual({
      root: host.in('proc', '77', 'root'),
      path: ['/opt/bin', '/usr/bin'],
    })
  })

  test('the containerd is not one of the other processes of its service', async () => {
    await process('75', 'containerd-shim', 'PATH=/shims\0')
    await process('77', 'containerd', 'PATH=/opt/bin\0')
    await host.write('74\n75\n77\n', 'cgroup.procs')
    expect(found(['gone', 'cgroup.procs'])).toEqual({
      root: host.in('proc', '77', 'root'),
      path: ['/opt/bin'],
    })
  })

  test.each([
    ['has no PATH', 'LANG=C\0', DEFAULT],
    ['has a PATH with nothing in places', 'PATH=:/opt/bin::/usr/bin:\0', ['/opt/bin', '/usr/bin']],
    ['has a variable whose name ends so', 'XPATH=/x\0PATH=/opt/bin\0', ['/opt/bin']],
  ])('a containerd that %s is searched all the same', async (_, environ, path) => {
    await process('77', 'containerd', environ)
    await host.write('77', 'containerd.pid')
    expect(found(['containerd.pid'])?.path).toEqual(path)
  })

  test('a containerd that may not be traced is taken for an ordinary service', async () => {
    await host.write('containerd\n', 'proc', '77', 'comm')
    // Root reads every file, and no directory.
    await mkdir(host.in('proc', '77', 'environ'))
    await host.write('77', 'containerd.pid')
    expect(found(['containerd.pid'])).toEqual({root: '/', path: DEFAULT})
  })

  test.each([
    ['that is not found', undefined],
    ['whose PID is now that of something else', '76'],
    ['whose PID nobody has', '99'],
    ['whose file is empty', ''],
    ['whose PID is no number', '../77'],
  ])('a containerd %s is not guessed at', async (_, content) => {
    await process('76', 'sleep', 'PATH=/opt/bin\0')
    if (content !== undefined) await host.write(content, 'containerd.pid')
    expect(found(['containerd.pid'])).toBeUndefined()
    expect(found(['containerd.pid'], '29.7.2')).toBeUndefined()
  })

  test('the containerd is dockerd itself where that has it embedded, from 29 on', async () => {
    await process('70', 'dockerd', 'PATH=/usr/sbin:/usr/bin\0')
    await host.write('70', 'docker.pid')
    expect(found(['gone'], '29.7.2')).toEqual({
      root: host.in('proc', '70', 'root'),
      path: ['/usr/sbin', '/usr/bin'],
    })
    expect(found(['gone'], '28.5.2')).toBeUndefined()
  })

  test('the containerd is its own where there is one, though dockerd could have it embedded', async () => {
    await process('70', 'dockerd', 'PATH=/usr/sbin:/usr/bin\0')
    await process('77', 'containerd', 'PATH=/opt/bin\0')
    await host.write('70', 'docker.pid')
    await host.write('77', 'containerd.pid')
    expect(found(['containerd.pid'], '29.7.2')?.path).toEqual(['/opt/bin'])
  })

  test('the containerd is taken for an ordinary service by a process that cannot see it', () => {
    const {pid} = globalThis.process
    Object.defineProperty(globalThis.process, 'pid', {value: 1})
    onTestFinished(() => void Object.defineProperty(globalThis.process, 'pid', {value: pid}))
    expect(found(['gone'])).toEqual({root: '/', path: DEFAULT})
  })
})

describe('the shim', () => {
  test('the shim is where containerd finds it first, as containerd sees it', async () => {
    await program(0o755, 'root', 'usr', 'local', 'bin')
    await program(0o755, 'root', 'usr', 'bin')
    expect(shimIn({root: host.in('root'), path: DEFAULT})).toBe(`/usr/local/bin/${SHIM_PROGRAM}`)
  })

  test('a shim that cannot be executed is not found', async () => {
    await program(0o644, 'root', 'usr', 'local', 'bin')
    await program(0o755, 'root', 'usr', 'bin')
    expect(shimIn({root: host.in('root'), path: DEFAULT})).toBe(`/usr/bin/${SHIM_PROGRAM}`)
  })

  test('a shim where containerd does not look is not found', async () => {
    await program(0o755, 'root', 'opt', 'bin')
    await mkdir(host.in('root', 'usr', 'bin'), {recursive: true})
    expect(shimIn({root: host.in('root'), path: DEFAULT})).toBeUndefined()
  })
})
