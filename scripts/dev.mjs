// `npm run dev`: keeps the bundles of dist as the sources are, until it is stopped. The types, the JSON Schema and
// oclif's manifest are left to `npm run build`.
import {context} from 'esbuild'
import {bundleOptions} from './bundle.mjs'

const reporting = {
  name: 'reporting',
  setup({onEnd}) {
    onEnd(({errors}) => {
      const time = new Date().toTimeString().slice(0, 8)
      console.error(errors.length === 0 ? `dev: dist is as src is, ${time}` : `dev: dist is as it was, ${time}`)
    })
  },
}

const options = bundleOptions()
const watching = await context({...options, plugins: [...options.plugins, reporting]})
await watching.watch()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void watching.dispose())
