// `npm run test:options -- --seeds N`: holds N lines of docker run that chance makes against docker's own client.
import {spawnSync} from 'node:child_process'
import {parseArgs} from 'node:util'

const {values} = parseArgs({options: {seeds: {type: 'string', default: '1000'}}})
if (!/^[1-9]\d*$/.test(values.seeds)) throw new Error(`--seeds must be a number from 1 up, not '${values.seeds}'`)
const {status} = spawnSync(
  'vitest',
  ['run', '--project', 'integration', '--reporter', 'dot', 'test/integration/docker-client/random'],
  {stdio: 'inherit', env: {...process.env, OPTION_SEEDS: values.seeds}},
)
process.exit(status ?? 1)
