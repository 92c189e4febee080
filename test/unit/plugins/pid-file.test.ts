import {execFileSync} from 'node:child_process'
import {lstat, mkdir, readFile, readdir, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {pidFile} from '../../../src/plugins/pid-file.js'
import {finishContext, hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const container = {id: '0123456789ab', tty: false, pid: 4242}
const inTemp = useTempDirectory()

async function resolveFor(path: string): Promise<void> {
  const hooks = pidFile.setup({'pid-file': path}, pluginHost().host)
  await hooks?.resolve?.({...hookContext().context, request: plainRequest()})
}

/** Writes the file; what is returned removes it again, as the end of the run does. */
async function start(path: string): Promise<() => Promise<void>> {
  const hooks = pidFile.setup({'pid-file': path}, pluginHost().host)
  const {context, undos} = hookContext()
  await hooks?.started?.({...context, container})
  return async () => {
    for (const {undo} of undos.toReversed()) await undo()
  }
}

describe('before the container runs', () => {
  test('the container is labelled with the file, for finish to remove', async () => {
    const request = plainRequest()
    const hooks = pidFile.setup({'pid-file': inTemp('x.pid')}, pluginHost().host)
    await hooks?.resolve?.({...hookContext().context, request})
    expect(request.body.Labels).toEqual({'systemd-docker.pid-file': inTemp('x.pid')})
  })

  test('a file that a run before has left is removed, and a link not followed', async () => {
    await writeFile(inTemp('victim'), 'precious')
    await symlink(inTemp('victim'), inTemp('x.pid'))
    const hooks = pidFile.setup({'pid-file': inTemp('x.pid')}, pluginHost().host)
    await hooks?.start?.({...hookContext().context, container})
    expect(await readdir(inTemp())).toEqual(['victim'])
  })
})

describe('once the container runs', () => {
  test("the file has its init's PID in a line, for everybody to read", async () => {
    await start(inTemp('x.pid'))
    expect(await readFile(inTemp('x.pid'), 'utf8')).toBe('4242\n')
    expect((await stat(inTemp('x.pid'))).mode & 0o444).toBe(0o444)
    expect(await readdir(inTemp())).toEqual(['x.pid'])
  })

  test('a file of a run before is replaced', async () => {
    await writeFile(inTemp('x.pid'), '1\nand more')
    await start(inTemp('x.pid'))
    expect(await readFile(inTemp('x.pid'), 'utf8')).toBe('4242\n')
  })

  test('a link is replaced and not followed', async () => {
    await writeFile(inTemp('victim'), 'precious')
    await symlink(inTemp('victim'), inTemp('x.pid'))
    await start(inTemp('x.pid'))
    expect(await readFile(inTemp('victim'), 'utf8')).toBe('precious')
    expect((await lstat(inTemp('x.pid'))).isFile()).toBe(true)
  })

  test('a link that waits beside the file is not followed', async () => {
    await writeFile(inTemp('victim'), 'precious')
    await symlink(inTemp('victim'), inTemp(`x.pid.${String(process.pid)}.new`))
    await start(inTemp('x.pid'))
    expect(await readFile(inTemp('victim'), 'utf8')).toBe('precious')
    expect(await readFile(inTemp('x.pid'), 'utf8')).toBe('4242\n')
  })

  test('a file that cannot be written is an error, and nothing is left beside it', async () => {
    await mkdir(inTemp('x.pid'))
    await writeFile(inTemp('x.pid', 'occupied'), '')
    const starting = start(inTemp('x.pid'))
    await expect(starting).rejects.toMatchObject({code: 'PID_FILE'})
    await expect(starting).rejects.toThrow(`cannot write the pid file ${inTemp('x.pid')}: `)
    expect(await readdir(inTemp())).toEqual(['x.pid'])
  })
})

describe('at the end', () => {
  test('the pid file is removed', async () => {
    const undo = await start(inTemp('x.pid'))
    await undo()
    expect(await readdir(inTemp())).toEqual([])
  })

  test("a file with somebody else's PID stays", async () => {
    const undo = await start(inTemp('x.pid'))
    await writeFile(inTemp('x.pid'), '4243\n')
    await undo()
    expect(await readFile(inTemp('x.pid'), 'utf8')).toBe('4243\n')
  })

  test.each([
    ['a FIFO', (path: string) => execFileSync('mkfifo', [path])],
    ['a link to a device without end', (path: string) => symlink('/dev/zero', path)],
    ['a file without end', (path: string) => writeFile(path, '4242\n'.repeat(1000))],
    ['a directory', (path: string) => mkdir(path)],
  ])('%s that somebody has put in its place stays, and is not waited for', async (_, put) => {
    const undo = await start(inTemp('x.pid'))
    await rm(inTemp('x.pid'))
    await put(inTemp('x.pid'))
    await undo()
    expect(await readdir(inTemp())).toEqual(['x.pid'])
  })

  test('a file that is gone is no error', async () => {
    const undo = await start(inTemp('x.pid'))
    await rm(inTemp('x.pid'))
    await expect(undo()).resolves.toBeUndefined()
  })

  test('a removal is said', async () => {
    const hooks = pidFile.setup({'pid-file': inTemp('x.pid')}, pluginHost().host)
    const {context, undos} = hookContext()
    await hooks?.started?.({...context, container})
    expect(undos.map(({label}) => label)).toEqual([`remove ${inTemp('x.pid')}`])
  })
})

describe('before anything is made', () => {
  test('a path in a directory is fine, and nothing is written yet', async () => {
    await resolveFor(inTemp('x.pid'))
    expect(await readdir(inTemp())).toEqual([])
  })

  test('a path where a file is already is fine, and it stays as it was', async () => {
    await writeFile(inTemp('x.pid'), '1\n')
    await resolveFor(inTemp('x.pid'))
    expect(await readFile(inTemp('x.pid'), 'utf8')).toBe('1\n')
  })

  test('a path in no directory is refused', async () => {
    await expect(resolveFor(inTemp('none', 'x.pid'))).rejects.toMatchObject({
      code: 'PID_FILE',
      message: `cannot write the pid file ${inTemp('none', 'x.pid')}: there is no directory ${inTemp('none')}; name a file in a directory that exists, such as /run/%n.pid`,
    })
  })

  test('a path below a file is refused', async () => {
    await writeFile(inTemp('file'), '')
    await expect(resolveFor(inTemp('file', 'x.pid'))).rejects.toMatchObject({code: 'PID_FILE'})
  })

  test('a directory for a pid file is refused', async () => {
    await mkdir(inTemp('x.pid'))
    await expect(resolveFor(inTemp('x.pid'))).rejects.toMatchObject({
      code: 'PID_FILE',
      message: `cannot write the pid file ${inTemp('x.pid')}: it is a directory; name a file in a directory that exists, such as /run/%n.pid`,
    })
  })
})

test('a dry run says what will be done with the whole path', () => {
  const hooks = pidFile.setup({'pid-file': 'x.pid'}, pluginHost().host)
  expect(hooks?.describe?.()).toEqual([`write the PID of the container init to ${resolve('x.pid')}`])
})

test('this process need not stay for a pid file', () => {
  expect(pidFile.setup({'pid-file': '/run/x.pid'}, pluginHost().host)).not.toHaveProperty('resident')
})

test('the plugin sits the run out without --pid-file', () => {
  expect(pidFile.setup({'pid-file': undefined}, pluginHost().host)).toBeUndefined()
})

test('an empty path is no path', () => {
  expect(pidFile.setup({'pid-file': ''}, pluginHost().host)).toBeUndefined()
})

describe('at the end of a container that was handed over', () => {
  /** Finishes it with that label; the lines that are logged. */
  const finishedWith = async (path: string): Promise<string[]> => {
    const {host, lines} = pluginHost()
    await pidFile.finish?.(finishContext({labels: {'systemd-docker.pid-file': path}}), host)
    return lines
  }

  test('the file that its label names is removed', async () => {
    await writeFile(inTemp('x.pid'), '1\n')
    expect(await finishedWith(inTemp('x.pid'))).toEqual([])
    expect(await readdir(inTemp())).toEqual([])
  })

  test('a file that is gone is nothing to speak of, and neither is a container without one', async () => {
    expect(await finishedWith(inTemp('x.pid'))).toEqual([])
    const {host, lines} = pluginHost()
    await pidFile.finish?.(finishContext(), host)
    expect(lines).toEqual([])
  })

  test('what is no PID in a line stays', async () => {
    await writeFile(inTemp('x.pid'), 'precious')
    await finishedWith(inTemp('x.pid'))
    expect(await readFile(inTemp('x.pid'), 'utf8')).toBe('precious')
  })

  test('a link stays, and a warning says so', async () => {
    await writeFile(inTemp('victim'), '1\n')
    await symlink(inTemp('victim'), inTemp('x.pid'))
    const why = `cannot read ${inTemp('x.pid')}: it is a link, not a regular file`
    expect(await finishedWith(inTemp('x.pid'))).toEqual([
      `warn: the pid file ${inTemp('x.pid')} is left behind: ${why}`,
    ])
    expect((await readdir(inTemp())).toSorted()).toEqual(['victim', 'x.pid'])
  })
})
