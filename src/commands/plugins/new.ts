import {mkdir, writeFile} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import * as Args from '@oclif/core/args'
import {Command} from '@oclif/core/command'
import {BadValueError, UnreadableFileError, hasErrorCode} from '../../errors.js'
import {starterFiles} from './template.js'

/** Writes a package that works, to begin a plugin with. */
export class PluginsNew extends Command {
  static override readonly summary = 'Create a starter package for a plugin, with a test, in a new directory.'
  static override readonly examples = ['<%= config.bin %> plugins new consul']
  static override readonly args = {
    name: Args.string({
      required: true,
      description: "the plugin's name: lower-case letters, digits and dashes",
      ignoreStdin: true,
    }),
  }

  override async run(): Promise<void> {
    const {args} = await this.parse(PluginsNew)
    if (!/^[a-z][a-z0-9-]*$/.test(args.name))
      throw new BadValueError('NAME', args.name, 'use lower-case letters, digits and dashes')
    const directory = resolve(`systemd-docker-plugin-${args.name}`)
    try {
      await mkdir(directory)
    } catch (error) {
      if (hasErrorCode(error, 'EEXIST')) throw new BadValueError('NAME', args.name, `there is a ${directory} already`)
      throw new UnreadableFileError('NAME', directory, error)
    }
    for (const [file, content] of Object.entries(starterFiles(args.name)))
      await writeFile(join(directory, file), content)
    this.log(`${directory} is written. Try it there with \`npm link systemd-docker && npm test\`; then, on a host:`)
    this.log(`  npm install --prefix /etc/systemd-docker/plugins ${directory}`)
    this.log('  systemd-docker plugins')
  }
}
