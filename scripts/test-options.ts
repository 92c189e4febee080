// `npm run test:options`: holds what we make of lines of docker run against docker's own client; `-- --seeds N` has N
// lines that chance makes among them.
import {spawnSync} from 'node:child_process'
import {parseArgs} from 'node:util'

const {values} = parseArgs({options: {seeds: {type: 'string'}}})
if (values.seeds !== undefined && !/^[1-9]\d*$/.test(values.seeds))
  throw new Error(`--seeds must be a number from 1 up, not '${values.seeds}'`)
const {status} = spawnSync('vitest', ['run', '--project', 'docker-client', '--reporter', 'dot'], {
  stdio: 'inherit',
  env: {...process.env, ...(values.seeds === undefined ? {} : {OPTION_SEEDS: values.seeds})},
})
process.exit(status ?? 1)
