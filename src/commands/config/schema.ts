import {Command} from '@oclif/core/command'
import {schemaOf} from '../../config/schema.js'
import {readSite} from '../../run/site.js'

/** The JSON Schema of this host's configuration. */
export class ConfigSchema extends Command {
  static override readonly summary =
    "Print the JSON Schema of the configuration, with the options of this host's plugins."

  override async run(): Promise<void> {
    const where = {
      root: () => this.config.root,
      env: process.env,
      configFile: process.env['SYSTEMD_DOCKER_CONFIG'],
      signal: new AbortController().signal,
    }
    const {plugins} = await readSite(where)
    this.log(
      JSON.stringify(
        schemaOf(
          plugins.map(({plugin}) => plugin),
          false,
        ),
        undefined,
        2,
      ),
    )
  }
}
