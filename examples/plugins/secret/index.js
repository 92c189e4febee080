import {randomBytes} from 'node:crypto'
import {mkdir, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

/** The label that says at the container's end, in a process that knows nothing of this one, what there is to remove. */
const LABEL = 'secret.directory'

const options = /** @type {const} */ ({
  secret: {
    kind: 'string',
    key: 'target',
    valueName: 'PATH',
    summary: 'make a random secret and mount it here in the container',
  },
})

/** @type {import('systemd-docker').RunPlugin<typeof options>} */
const secret = {
  name: 'secret',
  contract: 1,
  options,
  setup({secret: target}, {handover}) {
    if (target === undefined) return undefined
    const directory = join('/run', `secret-${randomBytes(8).toString('hex')}`)
    return {
      // Nothing is made yet: resolve must change nothing on the host.
      resolve({request}) {
        request.body.Labels[LABEL] = directory
        request.body.HostConfig.Mounts.push({
          Type: 'bind',
          Source: join(directory, 'secret'),
          Target: target,
          ReadOnly: true,
        })
      },
      async create({defer}) {
        await mkdir(directory, {mode: 0o700})
        defer(`remove ${directory}`, () => rm(directory, {recursive: true}))
        await writeFile(join(directory, 'secret'), randomBytes(32).toString('hex'), {mode: 0o400})
      },
      resident: () => (handover ? undefined : 'it removes the secret at the end'),
      describe: () => [`make a secret and mount it at ${target}`],
    }
  },
  // Of a container that was handed over, or whose run was killed. What is about to be removed is looked at first.
  async finish({labels}) {
    const directory = labels[LABEL]
    if (directory === undefined || !/^\/run\/secret-[0-9a-f]{16}$/.test(directory)) return
    await rm(directory, {recursive: true, force: true})
  },
}

export default async () => [secret]
