import type {OptionDeclaration, OptionDeclarations} from '../options/option.js'
import {keysOf, type Vocabulary} from './layers.js'

type Json = Readonly<Record<string, unknown>>

/**
 * The JSON Schema (draft 2020-12) of a configuration file, from the declarations that files are checked against.
 * Plugins that a site brings are allowed with any options when `open`, as the published schema cannot know them.
 */
export function schemaOf(plugins: Vocabulary, open: boolean): Json {
  const options = Object.assign({}, ...plugins.map((plugin) => plugin.options)) as OptionDeclarations
  const pluginSection = (top: boolean): Json => ({
    type: 'object',
    description: 'Enables and disables plugins and sets their options.',
    properties: Object.fromEntries(plugins.map((plugin) => [plugin.name, sectionOf(plugin.options, top)])),
    additionalProperties: open
      ? {
          type: 'object',
          properties: {...SWITCH, ...(top ? FROM : {})},
        }
      : false,
  })
  const values = Object.fromEntries(Object.entries(options).map(([name, declaration]) => [name, valueOf(declaration)]))
  const specific = (what: string): Json => ({
    type: 'object',
    description: `Settings for ${what} whose name matches the pattern, with * and ?.`,
    additionalProperties: {
      type: 'object',
      properties: {...values, plugins: pluginSection(false)},
      additionalProperties: open,
    },
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'systemd-docker configuration',
    type: 'object',
    properties: {...values, plugins: pluginSection(true), hosts: specific('hosts'), units: specific('units')},
    additionalProperties: open,
  }
}

const SWITCH = {enabled: {type: 'boolean', description: 'Whether the plugin takes part in runs.'}}
const FROM = {from: {type: 'string', pattern: '^/', description: 'The file that the plugin is in.'}}

function sectionOf(options: OptionDeclarations, top: boolean): Json {
  const own = [...keysOf(options)].map(([key, {declaration}]) => [key, valueOf(declaration)] as const)
  return {
    type: 'object',
    properties: {...Object.fromEntries(own), ...SWITCH, ...(top ? FROM : {})},
    additionalProperties: false,
  }
}

function valueOf({kind, modes, summary}: OptionDeclaration): Json {
  if (modes !== undefined) return {enum: [true, false, ...modes], description: summary}
  if (kind === 'boolean') return {type: 'boolean', description: summary}
  if (kind === 'string') return {type: 'string', description: summary}
  return {
    description: summary,
    anyOf: [{type: 'string'}, {type: 'array', items: {type: 'string'}}],
  }
}
