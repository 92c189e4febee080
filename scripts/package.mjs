// `npm run package [-- ARCH…]`: makes release/systemd-docker-linux-ARCH, the program as one file that runs without
// Node.
import {mkdir, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {ROOT} from './bundle.mjs'
import {ARCHITECTURES, makeExecutable} from './package/executable.mjs'

const wanted = process.argv.length > 2 ? process.argv.slice(2) : [process.arch]
for (const arch of wanted)
  if (!ARCHITECTURES.includes(arch)) {
    console.error(`package: there is no executable for ${arch}; there is one for ${ARCHITECTURES.join(', ')}`)
    process.exit(1)
  }
const directory = join(ROOT, 'release')
await mkdir(directory, {recursive: true})
for (const arch of wanted) {
  const output = join(directory, `systemd-docker-linux-${arch}`)
  await makeExecutable(arch, output)
  console.log(`${output}: ${((await stat(output)).size / 1024 / 1024).toFixed(1)} MiB`)
}
