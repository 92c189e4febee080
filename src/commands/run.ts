import {Command} from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import type {FlagInput} from '@oclif/core/interfaces'
import {socketPath} from '../docker/client/endpoint.js'
import {pinnedVersion} from '../docker/api-version.js'
import {DockerodeEngine} from '../docker/dockerode-engine.js'
import {requestHeaders} from '../docker/client/request-headers.js'
import type {OptionDeclaration, OptionDeclarations} from '../options/option.js'
import {BUILT_IN} from '../plugins/index.js'
import {readSite} from '../run/site.js'
import {openOwnLog} from '../systemd/own-log.js'
import {readUnitNames} from '../systemd/unit.js'
import {GLOBAL_OPTIONS} from '../run/global-options.js'
import {run} from '../run/run.js'
import {ProcessSignals} from '../lifecycle/signals.js'
import {statusOf} from '../lifecycle/exit-status.js'

/**
 * `run` as oclif knows it: for help, for the manifest and for programs that start it through oclif. The words before
 * `run` are not oclif's, and those after it are docker's; neither are parsed by it.
 */
export class Run extends Command {
  static override readonly summary = 'Run a container as the process of this systemd unit.'
  static override readonly description = [
    'Replaces `docker run` in ExecStart=. Options before `run` belong to systemd-docker. Options after it are `docker run` options.',
    'Everything after the image is passed to the container unchanged.',
  ].join(' ')
  static override readonly usage = '[OPTIONS] run [DOCKER RUN OPTIONS] IMAGE [COMMAND] [ARG...]'
  static override readonly examples = [
    '<%= config.bin %> run --rm --name %n nginx',
    '<%= config.bin %> --env --pid-file=/run/%n.pid run --rm --name %n -p 8080:80 nginx',
    '<%= config.bin %> --cgroups name=systemd --cgroups cpu run --rm --name %n -m 512m nginx',
  ]
  static override readonly strict = false
  static override readonly flags = {
    ...flagsOf(GLOBAL_OPTIONS, 'GLOBAL'),
    ...Object.assign({}, ...BUILT_IN.map(({name, options}) => flagsOf(options, name.toUpperCase()))),
  } as FlagInput

  override async run(): Promise<void> {
    const stop = new ProcessSignals()
    const unlisten = stop.listen()
    const {env} = process
    const site = await readSite({
      root: () => this.config.root,
      env,
      configFile: env['SYSTEMD_DOCKER_CONFIG'],
      signal: stop.signal,
    })
    const print = (text: string): void => {
      this.log(text.trimEnd())
    }
    const {log, flushed} = openOwnLog()
    const line = {given: [], client: [], command: 'run', rest: this.argv}
    const ending = await run(line, site, {
      env,
      clientEnv: env,
      engine: new DockerodeEngine(socketPath(env), pinnedVersion(env), requestHeaders(env)),
      cwd: process.cwd(),
      names: readUnitNames(),
      log,
      stop,
      print,
    })
    await flushed()
    unlisten()
    this.exit(statusOf(ending))
  }
}

/** Declared options as oclif's flags, under a heading of their own. */
export function flagsOf(declarations: OptionDeclarations, helpGroup: string): FlagInput {
  return Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => [name, flagOf(declaration, helpGroup)]),
  )
}

function flagOf(declaration: OptionDeclaration, helpGroup: string): FlagInput[string] {
  const {kind, char, modes, summary, valueName = 'VALUE'} = declaration
  const common = {
    summary: summary + defaultOf(declaration),
    helpGroup,
    ...(char === undefined ? {} : {char: char as 'a'}),
  }
  if (modes !== undefined) return Flags.string({...common, helpValue: `[${modes.join('|')}]`})
  if (kind === 'boolean') return Flags.boolean(common)
  const valued = {...common, helpValue: valueName}
  return kind === 'list' ? Flags.string({...valued, multiple: true}) : Flags.string(valued)
}

function defaultOf({default: value}: OptionDeclaration): string {
  return value === undefined ? '' : ` (default: ${Array.isArray(value) ? value.join(', ') : String(value)})`
}
