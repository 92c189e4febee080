import {execFile} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {expect, test} from 'vitest'
import {LABELS} from '../../src/pipeline/labels.js'
import {asTheEngineReads} from '../support/run-options/create-requests.js'
import {recordDocker} from '../support/run-options/docker-client.js'

const PROGRAM = fileURLToPath(new URL('../../bin/run.cjs', import.meta.url))
const LINES = [
  '-it --name web -p 127.0.0.1:8000-8001:80-81 -v ./html:/html:ro -e HOME -e A=1 -m 64m --cpus 1.5 nginx',
  '--network front --network name=back,alias=db --health-cmd true --health-interval 1m30s --gpus all busybox',
  '--mount type=bind,src=.,dst=/x,bind-recursive=disabled --ulimit nofile=1:2 --device /dev/fuse --dns ::1 busybox sh -c x',
].map((line) => line.split(' '))

test.each(LINES.map((words) => [words.join(' '), words] as const))(
  'the program shows with --dry-run what docker asks for: %s',
  async (_, words) => {
    const cwd = await mkdtemp(join(tmpdir(), 'program-'))
    try {
      const env = {HOME: '/root'}
      const [docker] = await recordDocker([['create', ...words]], {cwd, env})
      const ours = ['--dry-run', '--dry-run-values', '--cgroups', 'none', 'run', ...words]
      const {stdout} = await promisify(execFile)(PROGRAM, ours, {cwd, env: {...env, PATH: process.env['PATH'] ?? ''}})
      const {create} = JSON.parse(stdout) as {create: {body: {Labels: Record<string, string>}; name?: string}}
      for (const label of Object.values(LABELS)) Reflect.deleteProperty(create.body.Labels, label)
      expect({name: create.name, body: asTheEngineReads(create.body)}).toEqual({
        name: docker?.create?.name,
        body: asTheEngineReads(docker?.create?.body ?? {}),
      })
    } finally {
      await rm(cwd, {recursive: true})
    }
  },
)
