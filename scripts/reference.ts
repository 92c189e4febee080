// Writes what is installed beside the program: its man pages, to dist/man. scripts/build.mjs runs it.
import {mkdir, writeFile} from 'node:fs/promises'
import {MAN_PAGES, manPage} from './reference/man-pages.js'

await write('man', await Promise.all(MAN_PAGES.map(async (page) => [page, await manPage(page)] as const)))

async function write(folder: string, files: readonly (readonly [name: string, text: string])[]): Promise<void> {
  const directory = new URL(`../dist/${folder}/`, import.meta.url)
  await mkdir(directory, {recursive: true})
  for (const [name, text] of files) await writeFile(new URL(name, directory), text)
}
