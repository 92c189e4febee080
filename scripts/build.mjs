// Builds what is shipped: the bundles of dist, the types of the plugin contract, the configuration's JSON Schema,
// oclif's manifest, the man pages and the completions of shells.
import {execFileSync} from 'node:child_process'
import {writeFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {Plugin} from '@oclif/core/config'
import {build} from 'esbuild'
import {ROOT as root, bundleOptions} from './bundle.mjs'
import {licensesOf, packagesOf} from './licenses.mjs'

// What is there is written over and not removed first: a host may be running it.
const {metafile} = await build({...bundleOptions(), metafile: true})
await writeFile(`${root}/dist/LICENSES`, licensesOf(await packagesOf(Object.keys(metafile.inputs))))
execFileSync(`${root}/node_modules/.bin/tsc`, ['--project', `${root}/tsconfig.types.json`], {stdio: 'inherit'})

const {SCHEMA} = createRequire(import.meta.url)(`${root}/dist/oclif.cjs`)
await writeFile(`${root}/dist/config.schema.json`, `${JSON.stringify(SCHEMA, undefined, 2)}\n`)

const plugin = new Plugin({root, ignoreManifest: true, errorOnManifestCreate: true})
await plugin.load()
await writeFile(`${root}/oclif.manifest.json`, `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)

execFileSync(`${root}/node_modules/.bin/tsx`, [`${root}/scripts/reference.ts`], {stdio: 'inherit'})
