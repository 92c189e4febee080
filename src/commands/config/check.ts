import {resolve} from 'node:path'
import * as Args from '@oclif/core/args'
import {Command} from '@oclif/core/command'
import {readConfigFiles} from '../../config/files.js'
import {EXIT_OURS, reason} from '../../errors.js'
import {layersFor, readSite} from '../../run/site.js'

/** Checks configuration files before a host has them. */
export class ConfigCheck extends Command {
  static override readonly summary = 'Check configuration files, for example in the CI of a repository.'
  static override readonly examples = ['<%= config.bin %> config check hosts/*.yaml']
  static override readonly strict = false
  static override readonly args = {
    file: Args.string({required: true, description: 'a configuration file; may be repeated', ignoreStdin: true}),
  }

  override async run(): Promise<void> {
    const {raw} = await this.parse(ConfigCheck)
    let bad = 0
    for (const {input} of raw) {
      const path = resolve(input)
      try {
        const [file] = await readConfigFiles([path])
        const {signal} = new AbortController()
        const {plugins} = await readSite({root: () => this.config.root, env: process.env, configFile: path, signal})
        if (file !== undefined) layersFor({files: [file], plugins}, {unit: undefined, host: ''})
        this.log(`${path}: good`)
      } catch (error) {
        bad++
        this.logToStderr(reason(error))
      }
    }
    if (bad > 0) this.exit(EXIT_OURS)
  }
}
