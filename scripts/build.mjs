// Builds what is shipped: dist/main.cjs, which starts with every unit and therefore carries all that a run needs in one file and nothing else;
// dist/oclif.cjs and dist/index.cjs beside it; the types of the plugin contract; the
// configuration's JSON Schema; and oclif's manifest.
import {execFileSync} from 'node:child_process'
import {writeFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Plugin} from '@oclif/core/config'
import {build} from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What dockerode loads at once and a run over a unix socket never calls: BuildKit's sessions, ssh, build contexts, debug output. */
const NEVER_CALLED =
  /^(?:\.\/session|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|ssh2|tar-fs|zlib|@balena\/dockerignore)$/

const slimDockerode = {
  name: 'slim-dockerode',
  setup({onResolve, onLoad}) {
    onResolve({filter: NEVER_CALLED}, ({path}) => ({path, namespace: 'never-called'}))
    onLoad({filter: /.*/, namespace: 'never-called'}, () => ({contents: 'module.exports = {}'}))
    // docker-modem formats every request, down to the last object behind it, and every answer for `debug` whether or not anybody listens.
    onResolve({filter: /^debug$/}, ({path}) => ({path, namespace: 'silent'}))
    onLoad({filter: /.*/, namespace: 'silent'}, () => ({contents: 'module.exports = () => () => {}'}))
    onResolve({filter: /^util$/}, ({path, importer}) =>
      importer.endsWith('/docker-modem/lib/modem.js') ? {path, namespace: 'unformatted'} : undefined,
    )
    onLoad({filter: /.*/, namespace: 'unformatted'}, () => ({contents: 'exports.inspect = () => ""'}))
    // Node's own streams are what this copy of them was made from.
    onResolve({filter: /^readable-stream$/}, () => ({path: 'stream', external: true}))
    // TLS is a third of what loading dockerode costs, and a unix socket has none.
    onResolve({filter: /^https$/}, ({path}) => ({path, namespace: 'late'}))
    onLoad({filter: /.*/, namespace: 'late'}, () => ({
      contents: 'exports.request = (...words) => require("node:https").request(...words)',
    }))
  },
}

/** What is loaded late stays a file of its own, and so does what node_modules has and no run needs. */
const besideOurs = {
  name: 'beside-ours',
  setup({onResolve}) {
    onResolve({filter: /\/oclif\.js$/}, () => ({path: './oclif.cjs', external: true}))
  },
}

// What is there is written over and not removed first: a host may be running it.
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts', 'src/oclif.ts', 'src/index.ts'],
  outdir: 'dist',
  outExtension: {'.js': '.cjs'},
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  external: ['@oclif/core', 'cosmiconfig', 'sd-notify'],
  plugins: [slimDockerode, besideOurs],
  logLevel: 'warning',
})
execFileSync(`${root}/node_modules/.bin/tsc`, ['--project', `${root}/tsconfig.types.json`], {stdio: 'inherit'})

const {SCHEMA} = createRequire(import.meta.url)(`${root}/dist/oclif.cjs`)
await writeFile(`${root}/dist/config.schema.json`, `${JSON.stringify(SCHEMA, undefined, 2)}\n`)

const plugin = new Plugin({root, ignoreManifest: true, errorOnManifestCreate: true})
await plugin.load()
await writeFile(`${root}/oclif.manifest.json`, `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)
