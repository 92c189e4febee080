import type {Layer} from '../config/layers.js'
import type {Setting, Settings} from '../config/settings.js'
import {BadValueError} from '../errors.js'
import {nearest} from '../options/nearest.js'

/** Whether a plugin is switched on, and who said so. */
export interface PluginSwitch {
  readonly on: boolean
  readonly origin: string
}

/**
 * Which plugins are switched on: `--disable` and `--enable` decide, else the first layer of the configuration that says
 * anything; else they are.
 *
 * @throws {BadValueError} when a name is no plugin's, or is in both options
 */
export function pluginSwitches(
  plugins: readonly string[],
  settings: Settings,
  layers: readonly Layer[],
): ReadonlyMap<string, PluginSwitch> {
  const said = {
    enable: namesIn(settings['enable'], '--enable', plugins),
    disable: namesIn(settings['disable'], '--disable', plugins),
  }
  for (const name of said.enable)
    if (said.disable.includes(name)) throw new BadValueError('--enable', name, 'it is in --disable too')
  return new Map(
    plugins.map((name) => {
      if (said.disable.includes(name)) return [name, {on: false, origin: settings['disable']?.origin ?? ''}]
      if (said.enable.includes(name)) return [name, {on: true, origin: settings['enable']?.origin ?? ''}]
      const layer = layers.find(({enabled}) => enabled[name] !== undefined)
      return [name, {on: layer?.enabled[name] ?? true, origin: layer?.origin ?? 'default'}]
    }),
  )
}

function namesIn(setting: Setting | undefined, option: string, plugins: readonly string[]): readonly string[] {
  const names = Array.isArray(setting?.value) ? (setting.value as readonly string[]) : []
  for (const name of names) {
    if (plugins.includes(name)) continue
    const meant = nearest(name, plugins)
    const hint = meant === undefined ? `there are ${plugins.join(', ')}` : `did you mean ${meant}?`
    throw new BadValueError(option, name, `there is no plugin of that name; ${hint}`)
  }
  return names
}
