// What is shipped, as esbuild makes it: dist/main.cjs, which starts with every unit and therefore carries all that a
// run needs in one file and nothing else; what it loads late, in files beside it; and what plugins and their tests may
// import.
import * as promises from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

/** The checkout. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** Files of dist that a run loads when it needs them, by the modules of src that they are made of. */
const LATE = {
  oclif: 'src/oclif.ts',
  'load-packages': 'src/pipeline/load-packages.ts',
  loaders: 'src/config/loaders.ts',
  probes: 'src/readiness/probes.ts',
  entries: 'src/logs/entries.ts',
  'linear-regex': 'src/logs/priority/linear-regex.ts',
  'earlier-run': 'src/logs/earlier-run.ts',
}

/** Files of dist that no run loads: what package.json exports to plugins. */
const FOR_PLUGINS = {index: 'src/index.ts', testing: 'src/testing/index.ts'}

/**
 * What dockerode loads at once and a run never calls: its own way to the Engine, for which there is src/docker/http,
 * ssh, swarms, volumes, plugins, builds with BuildKit's sessions, build contexts, debug output.
 */
const NEVER_CALLED =
  /^(?:\.\/(?:buildkit|config|http|http_duplex|node|plugin|secret|service|session|ssh|task|volume)|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|tar-fs|zlib|@balena\/dockerignore)$/

const slimDockerode = {
  name: 'slim-dockerode',
  setup({onResolve, onLoad}) {
    onResolve({filter: NEVER_CALLED}, ({path, importer}) =>
      /\/docker(?:ode|-modem)\/lib\//.test(importer) ? {path, namespace: 'never-called'} : undefined,
    )
    onLoad({filter: /.*/, namespace: 'never-called'}, () => ({contents: 'module.exports = {}'}))
    // What docker-modem would say of its questions, which are asked by docker/http.
    onResolve({filter: /^debug$/}, ({path}) => ({path, namespace: 'silent'}))
    onLoad({filter: /.*/, namespace: 'silent'}, () => ({contents: 'module.exports = () => () => {}'}))
  },
}

/**
 * What is loaded late is a file of its own, and is required: the first `import()` of a process starts Node's loader of
 * ES modules, which takes some nine milliseconds.
 */
const late = {
  name: 'late',
  setup({onResolve, onLoad}) {
    const names = Object.keys(LATE).join('|')
    onResolve({filter: new RegExp(`^\\.{1,2}/(?:[\\w-]+/)*(?:${names})\\.js$`)}, ({path}) => ({
      path: `./${path.replace(/^.*\/(.*)\.js$/, '$1')}.cjs`,
      namespace: 'late-file',
    }))
    onResolve({filter: /.*/, namespace: 'late-file'}, ({path}) => ({path, external: true}))
    onLoad({filter: /.*/, namespace: 'late-file'}, ({path}) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }))
  },
}

/**
 * A start reads what is on the host's own disk at once, and needs Node's `fs/promises`, of which loading takes 1.5 ms,
 * only where it is to wait for a file.
 */
const lateFiles = {
  name: 'late-files',
  setup({onResolve, onLoad}) {
    onResolve({filter: /^node:fs\/promises$/}, ({path, importer}) =>
      importer.startsWith(join(ROOT, 'src/')) ? {path, namespace: 'late-files'} : {path, external: true},
    )
    // An ES module: what is imported of a CommonJS one is copied, every part of it, by each module that does.
    onLoad({filter: /.*/, namespace: 'late-files'}, ({path}) => {
      const names = Object.entries(promises).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []))
      const load = `require(${JSON.stringify(path)})`
      return {
        contents: names.map((name) => `export const ${name} = (...words) => ${load}.${name}(...words)`).join('\n'),
      }
    })
  },
}

/** What dist's files find on the disk is carried by the executable (src/executable/main.ts). */
const carriedAddons = {
  name: 'carried-addons',
  setup({onResolve}) {
    onResolve({filter: /\/addons\.js$/}, () => ({path: './addons.cjs', external: true}))
  },
}

/**
 * What stands around a CommonJS module (Node's documentation, "The module wrapper"). In the file, as V8 makes another
 * copy of a text that is put together.
 */
const MODULE_BEGIN = '(function (exports, require, module, __filename, __dirname) {'
const MODULE_END = '})'

/** The options of esbuild for the modules that the executable carries. */
export function executableOptions(outdir) {
  const {external, plugins, ...options} = bundleOptions({main: 'src/main.ts', ...LATE}, outdir)
  return {
    ...options,
    // The source is in the heap of every unit's process.
    minifyIdentifiers: true,
    sourcemap: false,
    legalComments: 'none',
    banner: {js: MODULE_BEGIN},
    footer: {js: MODULE_END},
    external: external.filter((name) => name !== '@oclif/core'),
    plugins: [...plugins, carriedAddons],
  }
}

/** The options of esbuild for all of dist, or for other entry points that are bundled like it. */
export function bundleOptions(entryPoints = {main: 'src/main.ts', ...FOR_PLUGINS, ...LATE}, outdir = 'dist') {
  return {
    absWorkingDir: ROOT,
    entryPoints,
    outdir,
    outExtension: {'.js': '.cjs'},
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    minifySyntax: true,
    minifyWhitespace: true,
    // Node reads a map only when it is asked to, by --enable-source-maps; it is not in npm's package.
    sourcemap: 'linked',
    sourcesContent: false,
    // TypeScript would be for configuration in it, which is not read.
    external: ['@oclif/core', 'sd-notify', 'typescript'],
    inject: ['scripts/clock.ts'],
    plugins: [slimDockerode, late, lateFiles],
    logLevel: 'warning',
  }
}
