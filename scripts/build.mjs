// Builds what is shipped: the bundles of dist, the types of the plugin contract, the configuration's JSON Schema, and oclif's manifest.
import {execFileSync} from 'node:child_process'
import {writeFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {Plugin} from '@oclif/core/config'
import {build} from 'esbuild'
import {ROOT as root, bundleOptions} from './bundle.mjs'

// What is there is written over and not removed first: a host may be running it.
await build(bundleOptions())
execFileSync(`${root}/node_modules/.bin/tsc`, ['--project', `${root}/tsconfig.types.json`], {stdio: 'inherit'})

const {SCHEMA} = createRequire(import.meta.url)(`${root}/dist/oclif.cjs`)
await writeFile(`${root}/dist/config.schema.json`, `${JSON.stringify(SCHEMA, undefined, 2)}\n`)

const plugin = new Plugin({root, ignoreManifest: true, errorOnManifestCreate: true})
await plugin.load()
await writeFile(`${root}/oclif.manifest.json`, `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)
