import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cached} from './cache.js'
import {output} from './command.js'
import {HOST_KINDS} from './hosts.js'
import {debian, rootFileSystem} from './rootfs.js'

/** The configuration of an image (OCI image specification, `config`). */
interface ImageConfig {
  readonly Cmd: readonly string[]
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>
  readonly StopSignal?: string
}

/** Makes the tree of the busybox image: $0 is a busybox, $1 an empty directory. */
const BUSYBOX_TREE = `cd $1; mkdir -p bin etc tmp; cp $0 bin; ./bin/busybox --install -s bin
  for link in bin/*; do [ ! -L $link ] || ln -sf busybox $link; done
  printf '%s\\n' root:x:0:0:root:/:/bin/sh app:x:1000:1000:app:/:/bin/sh >etc/passwd; echo app:x:1000: >etc/group`

/** A few hundred kilobytes: one static busybox and its links. The path of an archive that `docker load` takes. */
export async function busybox(): Promise<string> {
  return await image('busybox', BUSYBOX_TREE, {Cmd: ['sh']}, async (tree) => {
    const [kind] = HOST_KINDS
    if (kind === undefined) throw new Error('there is no kind of host')
    const root = await rootFileSystem(kind)
    await output(['sh', '-ec', BUSYBOX_TREE, `${root}/bin/busybox`, tree])
  })
}

/** nginx from Debian's own package, which stops on SIGQUIT and logs to its output, as the official image does. */
export async function nginx(): Promise<string> {
  const config = {Cmd: ['nginx', '-g', 'daemon off;'], ExposedPorts: {'80/tcp': {}}, StopSignal: 'SIGQUIT'}
  return await image('nginx', 'trixie nginx-light logs', config, async (tree) => {
    await debian('trixie', ['nginx-light'], tree)
    for (const [log, to] of [
      ['access', 'stdout'],
      ['error', 'stderr'],
    ])
      await output(['ln', '-sf', `/dev/${String(to)}`, `${tree}/var/log/nginx/${String(log)}.log`])
  })
}

/** An image with one layer, which `fill` makes in an empty directory. */
async function image(
  name: string,
  recipe: string,
  config: ImageConfig,
  fill: (tree: string) => Promise<void>,
): Promise<string> {
  return await cached(`${name}.image`, [JSON.stringify(config), recipe], async (archive) => {
    const parts = await mkdtemp(join(tmpdir(), `${name}-`))
    const tree = await mkdtemp(join(tmpdir(), `${name}-tree-`))
    try {
      await fill(tree)
      await output([
        'tar',
        '-C',
        tree,
        '--create',
        '--numeric-owner',
        '--owner=0',
        '--group=0',
        `--file=${parts}/layer.tar`,
        '.',
      ])
      const about = {
        architecture: {x64: 'amd64', arm64: 'arm64'}[process.arch as string] ?? process.arch,
        os: 'linux',
        config,
        rootfs: {type: 'layers', diff_ids: [`sha256:${await sha256(join(parts, 'layer.tar'))}`]},
      }
      await writeFile(join(parts, 'config.json'), JSON.stringify(about))
      const manifest = [{Config: 'config.json', RepoTags: [`${name}:latest`], Layers: ['layer.tar']}]
      await writeFile(join(parts, 'manifest.json'), JSON.stringify(manifest))
      await output(['tar', '-C', parts, '--create', `--file=${archive}`, 'manifest.json', 'config.json', 'layer.tar'])
    } finally {
      await rm(parts, {recursive: true, force: true})
      await rm(tree, {recursive: true, force: true})
    }
  })
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
