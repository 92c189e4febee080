// `npm run release`: all that a release of this version is, in release: for each kind of machine the executable, the
// Debian package and the installer image, and the npm package; what they are made of; and the sums of all.
import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {ROOT} from './bundle.mjs'
import {ARCHITECTURES} from './package/executable.mjs'
import {changesOf} from './package/changelog.mjs'

const directory = join(ROOT, 'release')
const {version} = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
try {
  changesOf(version, await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8'))
} catch (error) {
  console.error(`release: ${error.message}`)
  process.exit(1)
}
await rm(directory, {recursive: true, force: true})
execFileSync(process.execPath, [join(ROOT, 'scripts/package.mjs'), ...ARCHITECTURES], {stdio: 'inherit'})
execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', directory], {cwd: ROOT, stdio: 'inherit'})
const sums = []
for (const name of (await readdir(directory)).sort()) {
  const sum = createHash('sha256')
    .update(await readFile(join(directory, name)))
    .digest('hex')
  sums.push(`${sum}  ${name}\n`)
}
await writeFile(join(directory, 'SHA256SUMS'), sums.join(''))
