import {Command} from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import {inForce, readSite} from '../../run/site.js'
import {GLOBAL_OPTIONS} from '../../run/global-options.js'
import {readUnitNames} from '../../systemd/unit.js'

/** What is in force for a unit on a host, and where each value came from. */
export class ConfigShow extends Command {
  static override readonly summary = 'Show every value in force and where it comes from.'
  static override readonly examples = [
    '<%= config.bin %> config show',
    '<%= config.bin %> config show --unit db-1.service --host web-3 --json',
  ]
  static override readonly flags = {
    config: Flags.string({helpValue: 'FILE', summary: "read this file instead of the host's"}),
    unit: Flags.string({helpValue: 'NAME', summary: 'show them for this unit'}),
    host: Flags.string({helpValue: 'NAME', summary: 'show them on this host'}),
    json: Flags.boolean({summary: 'as JSON'}),
  }

  override async run(): Promise<void> {
    const {flags} = await this.parse(ConfigShow)
    const {env} = process
    const site = await readSite({
      root: () => this.config.root,
      env,
      configFile: flags.config ?? env['SYSTEMD_DOCKER_CONFIG'],
      signal: new AbortController().signal,
    })
    const names = {unit: flags.unit, host: flags.host ?? readUnitNames().host}
    const {settings, switches} = inForce(site, [], env, names)
    const rows = [
      ...Object.entries(settings)
        .filter(([name]) => !Object.hasOwn(GLOBAL_OPTIONS, name))
        .map(([name, {value, origin}]) => ({name, value: value ?? null, origin})),
      ...[...switches].map(([name, {on, origin}]) => ({name: `plugins.${name}.enabled`, value: on, origin})),
    ]
    if (flags.json) {
      this.log(JSON.stringify(Object.fromEntries(rows.map(({name, ...setting}) => [name, setting])), undefined, 2))
      return
    }
    const width = Math.max(...rows.map(({name, value}) => `${name}: ${JSON.stringify(value)}`.length))
    for (const {name, value, origin} of rows)
      this.log(`${`${name}: ${JSON.stringify(value)}`.padEnd(width)}  # ${origin}`)
  }
}
