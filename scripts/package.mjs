// `npm run package [-- ARCH…]`: makes in release, for each kind of machine, the program as one file that runs without
// Node, a Debian package and an installer image of it.
import {execFileSync} from 'node:child_process'
import {mkdir, stat} from 'node:fs/promises'
import {join, relative} from 'node:path'
import {ROOT} from './bundle.mjs'
import {makeDeb} from './package/deb.mjs'
import {ARCHITECTURES, makeExecutable} from './package/executable.mjs'
import {makeImage} from './package/image.mjs'

const wanted = process.argv.length > 2 ? process.argv.slice(2) : [process.arch]
for (const arch of wanted)
  if (!ARCHITECTURES.includes(arch)) {
    console.error(`package: there is no executable for ${arch}; there is one for ${ARCHITECTURES.join(', ')}`)
    process.exit(1)
  }
const directory = join(ROOT, 'release')
await mkdir(directory, {recursive: true})
for (const arch of wanted) {
  const executable = join(directory, `systemd-docker-linux-${arch}`)
  await makeExecutable(arch, executable)
  await report(executable)
  await report(await makeDeb(arch, executable, directory, epoch()))
  await report(await makeImage(arch, executable, directory, epoch()))
}

/** The time that files bear, the same for the same sources (reproducible-builds.org, SOURCE_DATE_EPOCH). */
function epoch() {
  const given = process.env.SOURCE_DATE_EPOCH
  return Number(given ?? execFileSync('git', ['log', '-1', '--format=%ct'], {cwd: ROOT, encoding: 'utf8'}))
}

async function report(path) {
  console.log(`${relative(ROOT, path)}: ${((await stat(path)).size / 1024 / 1024).toFixed(1)} MiB`)
}
