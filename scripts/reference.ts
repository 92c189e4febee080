// Writes what is installed beside the program: its man pages, to dist/man, and the completions of shells, to
// dist/completions. scripts/build.mjs runs it.
import {mkdir, writeFile} from 'node:fs/promises'
import {bashCompletion} from './reference/bash.js'
import {fishCompletion} from './reference/fish.js'
import {MAN_PAGES, manPage} from './reference/man-pages.js'
import {zshCompletion} from './reference/zsh.js'

await write('man', await Promise.all(MAN_PAGES.map(async (page) => [page, await manPage(page)] as const)))
await write('completions', [
  ['systemd-docker.bash', await bashCompletion()],
  ['_systemd-docker', await zshCompletion()],
  ['systemd-docker.fish', await fishCompletion()],
])

async function write(folder: string, files: readonly (readonly [name: string, text: string])[]): Promise<void> {
  const directory = new URL(`../dist/${folder}/`, import.meta.url)
  await mkdir(directory, {recursive: true})
  for (const [name, text] of files) await writeFile(new URL(name, directory), text)
}
