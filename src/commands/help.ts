import {CommandHelp, Help, type HelpSectionRenderer} from '@oclif/core/help'
import type {Command} from '@oclif/core'
import {RUN_OPTIONS_HELP} from '../docker/run-options/help.js'
import {RUN_OPTIONS} from '../docker/run-options/table.js'
import {Run, flagsOf} from './run.js'
import {variableOf} from '../config/settings.js'
import {readSite} from '../run/site.js'

interface Section {
  readonly header: string
  readonly generate: HelpSectionRenderer
}

/**
 * The help of `run`: its usage begins with our options and not with the command, and docker's options come behind ours.
 */
class RunCommandHelp extends CommandHelp {
  protected override usage(): string {
    return `$ ${this.config.bin} ${Run.usage}`
  }

  protected override sections(): Section[] {
    const sections = super.sections()
    const flags = sections.flatMap(({header, generate}) => (header === 'FLAGS' ? [{header: 'OPTIONS', generate}] : []))
    const others = sections.filter(({header}) => header !== 'FLAGS')
    return [
      ...others,
      ...flags,
      ...dockerSections(),
      {header: 'ENVIRONMENT AND CONFIGURATION', generate: () => ELSEWHERE},
    ]
  }

  /** oclif cuts off the blanks with which a list begins, by which its first option stands under the others'. */
  override renderList(...[rows, options]: Parameters<CommandHelp['renderList']>): string {
    const [indentation = ''] = /^ +/.exec(rows[0]?.[0] ?? '') ?? []
    return indentation + super.renderList(rows, options)
  }
}

const ELSEWHERE = [
  `Each option before \`run\` can also be set by an environment variable, such as ${variableOf('pid-file')}=/run/x.pid. The options of plugins can also be set`,
  'in /etc/systemd-docker/config.yaml. The command line takes precedence over the environment, and the environment over the configuration.',
].join(' ')

/** The options of docker run, by subject. */
function dockerSections(): Section[] {
  return Object.entries(RUN_OPTIONS_HELP).map(([subject, options]) => ({
    header: `DOCKER RUN OPTIONS: ${subject.toUpperCase()}`,
    generate: (_, header) => ({
      header,
      body: Object.entries(options).map(([name, {value, summary}]) => [spelled(name, value), summary]),
    }),
  }))
}

/** An option of docker run as oclif spells ours: `-p, --publish=PORT`. */
function spelled(name: string, value: string | undefined): string {
  const char = RUN_OPTIONS[name]?.char
  return `${char === undefined ? '    ' : `-${char}, `}--${name}${value === undefined ? '' : `=${value}`}`
}

/** oclif's help; that of `run` also has the options of the site's plugins and those of docker run. */
export class RunHelp extends Help {
  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    if (command.id !== 'run') {
      await super.showCommandHelp(command)
      return
    }
    this.CommandHelpClass = RunCommandHelp
    const flags = {...command.flags}
    const where = {
      root: () => this.config.root,
      env: process.env,
      configFile: process.env['SYSTEMD_DOCKER_CONFIG'],
      signal: new AbortController().signal,
    }
    for (const {plugin} of (await readSite(where)).plugins)
      for (const [option, flag] of Object.entries(flagsOf(plugin.options, plugin.name.toUpperCase())))
        if (!Object.hasOwn(Run.flags, option)) flags[option] = flag
    await super.showCommandHelp({...command, flags})
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
