import {Command} from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import {DockerodeEngine} from '../../docker/dockerode-engine.js'
import {DEFAULT_SOCKET} from '../../docker/client/endpoint.js'
import {reason} from '../../errors.js'
import type {OptionDeclarations, OptionValues} from '../../options/option.js'
import {inForce, ownOptions, readSite} from '../../run/site.js'
import {PHASES, type Host, type RunPlugin} from '../../pipeline/contract.js'
import {readUnitNames} from '../../systemd/unit.js'
import {NEVER_ABORTED} from '../../timing.js'

/** What is on a run's pipeline. */
export class Plugins extends Command {
  static override readonly summary =
    'List the plugins of a run, phase by phase, with where each comes from and why it is on or off.'
  static override readonly flags = {
    unit: Flags.string({helpValue: 'NAME', summary: 'list them for this unit'}),
    host: Flags.string({helpValue: 'NAME', summary: 'list them on this host'}),
  }

  override async run(): Promise<void> {
    const {flags} = await this.parse(Plugins)
    const {env} = process
    const site = await readSite({
      root: () => this.config.root,
      env,
      configFile: env['SYSTEMD_DOCKER_CONFIG'],
      signal: new AbortController().signal,
    })
    const names = {unit: flags.unit, host: flags.host ?? readUnitNames().host}
    const {settings, switches} = inForce(site, [], env, names)
    const silent = (): undefined => undefined
    const host: Host = {
      env,
      log: {info: silent, warn: silent, error: silent},
      engine: new DockerodeEngine(DEFAULT_SOCKET),
      unit: undefined,
      handover: settings['handover']?.value === true,
      stopping: NEVER_ABORTED,
    }

    const onPhase = new Map<string, string[]>(PHASES.map((phase) => [phase, []]))
    for (const {plugin, from} of site.plugins) {
      const {on = true, origin = 'default'} = switches.get(plugin.name) ?? {}
      const state = on ? stateOf(plugin, ownOptions(plugin, settings), host) : 'off'
      this.log(`${plugin.name} (${from}): ${typeof state === 'string' ? state : 'on'}, by ${origin}`)
      if (typeof state === 'string') continue
      for (const phase of state) onPhase.get(phase)?.push(plugin.name)
    }
    const atFinish = site.plugins.filter(({plugin}) => plugin.finish !== undefined).map(({plugin}) => plugin.name)
    onPhase.set('finish', atFinish)
    this.log()
    for (const [phase, plugins] of onPhase) this.log(`${phase.padEnd(9)}  ${plugins.join(', ') || '-'}`)
  }
}

/** The phases that a plugin would act in, or why in none. */
function stateOf(plugin: RunPlugin, values: OptionValues<OptionDeclarations>, host: Host): readonly string[] | string {
  try {
    const hooks = plugin.setup(values, host)
    if (hooks === undefined) return 'on, but its options give it nothing to do'
    return PHASES.filter((phase) => hooks[phase] !== undefined)
  } catch (error) {
    return `on, but it cannot be set up: ${reason(error)}`
  }
}
