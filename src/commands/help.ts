import {CommandHelp, Help} from '@oclif/core/help'
import type {Command} from '@oclif/core'
import {RUN_OPTIONS} from '../docker/run-options/table.js'
import {Run, flagsOf} from './run.js'
import {variableOf} from '../config/settings.js'
import {readSite} from '../run/site.js'

/** What stands before `run` is ours, so the usage cannot begin with the command as oclif's does. */
class RunUsage extends CommandHelp {
  protected override usage(): string {
    return `$ ${this.config.bin} ${Run.usage}`
  }
}

/** oclif's help; that of `run` also has the options of the site's plugins and says what of docker run's is understood. */
export class RunHelp extends Help {
  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    if (command.id !== 'run') {
      await super.showCommandHelp(command)
      return
    }
    this.CommandHelpClass = RunUsage
    const flags = {...command.flags}
    const where = {
      root: this.config.root,
      env: process.env,
      configFile: process.env['SYSTEMD_DOCKER_CONFIG'],
      signal: new AbortController().signal,
    }
    for (const {plugin} of (await readSite(where)).plugins)
      for (const [option, flag] of Object.entries(flagsOf(plugin.options, plugin.name.toUpperCase())))
        if (!Object.hasOwn(Run.flags, option)) flags[option] = flag
    await super.showCommandHelp({...command, flags})
    const refused = Object.entries(RUN_OPTIONS).flatMap(([name, row]) => ('refused' in row ? [name] : []))
    const supported = Object.keys(RUN_OPTIONS).filter((name) => !refused.includes(name))
    this.log(
      [
        this.section('DOCKER RUN OPTIONS', spelled(supported)),
        this.section('REFUSED', spelled(refused)),
        this.section(
          'DEFAULTS',
          `Every option before \`run\` also comes from the environment, for example ${variableOf('pid-file')}=/run/x.pid, and those of the plugins from /etc/systemd-docker/config.yaml by their names; the command line wins.`,
        ),
      ].join('\n\n'),
    )
  }

  /** The program's own help: the line is not oclif's `command [flags]`. */
  override formatRoot(): string {
    return [
      String(this.config.pjson['description'] ?? ''),
      this.section('VERSION', this.config.userAgent),
      this.section('USAGE', `$ ${this.config.bin} ${Run.usage}`),
    ].join('\n\n')
  }
}

function spelled(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(' ')
}
