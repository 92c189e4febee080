import {resolve} from 'node:path'
import {BadValueError} from '../../../errors.js'
import {parseBoolean} from '../../../options/boolean.js'
import type {Mount} from '../../create-request.js'
import type {Draft, Effect} from '../draft.js'
import {oneOf} from './choice.js'
import {parseCsvRecord} from '../../../options/csv.js'
import {bytes, octal} from './numbers.js'
import {keyValue} from './pairs.js'
import {partOf} from './blame-whole.js'

type Field = (mount: Mount, value: string, option: string, draft: Draft) => void

const bind = (mount: Mount): Record<string, unknown> => (mount.BindOptions ??= {})
const volume = (mount: Mount): Record<string, unknown> => (mount.VolumeOptions ??= {})
const tmpfs = (mount: Mount): Record<string, unknown> => (mount.TmpfsOptions ??= {})
const image = (mount: Mount): Record<string, unknown> => (mount.ImageOptions ??= {})

const source: Field = (mount, value) => void (mount.Source = value)
const target: Field = (mount, value) => void (mount.Target = value)
const readOnly: Field = (mount, value, option) => void (mount.ReadOnly = flag(value, option))

/** How far down a bind mount reaches, and how far read-only does. */
const RECURSION: Readonly<Record<string, string | undefined>> = {
  enabled: undefined,
  disabled: 'NonRecursive',
  writable: 'ReadOnlyNonRecursive',
  readonly: 'ReadOnlyForceRecursive',
}

/** The keys of `--mount` (Engine API, `Mount`), and where each puts its value. */
const FIELDS: Readonly<Record<string, Field>> = {
  type: (mount, value, option) =>
    void (mount.Type = oneOf(['bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image'], value.toLowerCase(), option)),
  source,
  src: source,
  target,
  dst: target,
  destination: target,
  readonly: readOnly,
  ro: readOnly,
  consistency: (mount, value) => void (mount.Consistency = value.toLowerCase()),
  'bind-propagation': (mount, value) => void (bind(mount)['Propagation'] = value.toLowerCase()),
  'bind-nonrecursive': (mount, value, option) => void (bind(mount)['NonRecursive'] = flag(value, option)),
  'bind-recursive': (mount, value, option, {needs}) => {
    const recursion = RECURSION[oneOf(Object.keys(RECURSION), value, option)]
    if (recursion !== undefined) bind(mount)[recursion] = true
    if (value === 'readonly') needs.push({option: `${option} …,bind-recursive=readonly`, api: '1.44'})
  },
  'bind-create-src': (mount, value, option, {needs}) => {
    const creates = flag(value, option)
    bind(mount)['CreateMountpoint'] = creates
    // An Engine before that would leave the directory unmade, and the mount fail in its words.
    if (creates) needs.push({option: `${option} …,bind-create-src`, api: '1.42'})
  },
  'volume-subpath': (mount, value, option, {needs}) => {
    volume(mount)['Subpath'] = value
    needs.push({option: `${option} …,volume-subpath=${value}`, api: '1.45'})
  },
  'image-subpath': (mount, value) => void (image(mount)['Subpath'] = value),
  'volume-nocopy': (mount, value, option) => void (volume(mount)['NoCopy'] = flag(value, option)),
  'volume-label': (mount, value) =>
    void (volume(mount)['Labels'] = {...asRecord(volume(mount)['Labels']), ...named(value)}),
  'volume-driver': (mount, value) => void (driver(mount)['Name'] = value),
  'volume-opt': (mount, value) =>
    void (driver(mount)['Options'] = {...asRecord(driver(mount)['Options']), ...named(value)}),
  'tmpfs-size': (mount, value, option) => void (tmpfs(mount)['SizeBytes'] = bytes(value, option)),
  'tmpfs-mode': (mount, value, option) => void (tmpfs(mount)['Mode'] = octal(value, option)),
}

/** The fields that stand for true alone. */
const SWITCHES = new Set(['readonly', 'ro', 'volume-nocopy', 'bind-nonrecursive', 'bind-create-src'])

/**
 * `--mount type=…,source=…,target=…`: comma-separated fields, in quotes where a value has a comma. A field that is said
 * has a value, as docker has it from 29 on: an empty source, as of a variable that is not set, would be a volume of its
 * own.
 */
export const mount: Effect = (draft, value, option, {cwd}) => {
  const {body} = draft.request
  const result: Mount = {Type: 'volume'}
  const fields = parseCsvRecord(value.trim())
  if (fields === undefined) throw new BadValueError(option, value, 'a quote is not closed, or is inside a field')
  for (const field of fields) {
    const equals = field.indexOf('=')
    const key = (equals === -1 ? field : field.slice(0, equals)).toLowerCase()
    const set = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined
    if (set === undefined) throw new BadValueError(option, value, `there is no field '${key}'`)
    if (equals === -1 && !SWITCHES.has(key)) throw new BadValueError(option, value, `the field '${key}' needs a value`)
    const text = equals === -1 ? 'true' : field.slice(equals + 1)
    if (text.trim() === '') throw new BadValueError(option, value, `the field '${key}' has no value`)
    if (text.trim() !== text) throw new BadValueError(option, value, `the value of '${key}' has blanks around it`)
    partOf(value, option, () => {
      set(result, text, option, draft)
    })
  }
  if (result.Target === undefined || result.Target === '') throw new BadValueError(option, value, 'it needs a target')
  if (result.Type === 'bind' && (result.Source === undefined || result.Source === ''))
    throw new BadValueError(option, value, 'a bind mount needs a source')
  if (result.Source?.startsWith('.')) result.Source = resolve(cwd, result.Source)
  const {ReadOnlyNonRecursive: writable, ReadOnlyForceRecursive: readonly, Propagation} = result.BindOptions ?? {}
  if ((writable === true || readonly === true) && result.ReadOnly !== true)
    throw new BadValueError(option, value, 'bind-recursive=writable and bind-recursive=readonly need readonly')
  if (readonly === true && Propagation !== 'rprivate')
    throw new BadValueError(option, value, 'bind-recursive=readonly needs bind-propagation=rprivate')
  if (result.Type === 'image') draft.needs.push({option: `${option} type=image`, api: '1.48'})
  for (const [options, type] of [
    ['BindOptions', 'bind'],
    ['VolumeOptions', 'volume'],
    ['TmpfsOptions', 'tmpfs'],
    ['ImageOptions', 'image'],
  ] as const)
    if (result[options] !== undefined && result.Type !== type)
      throw new BadValueError(option, value, `fields of type=${type} do not go with type=${result.Type}`)
  body.HostConfig.Mounts.push(result)
}

/** An entry whose key is not empty, or nothing. */
function named(value: string): Record<string, string> {
  return value === '' || value.startsWith('=') ? {} : keyValue(value)
}

function driver(mount: Mount): Record<string, unknown> {
  const config = asRecord(volume(mount)['DriverConfig'])
  volume(mount)['DriverConfig'] = config
  return config
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function flag(value: string, option: string): boolean {
  const parsed = parseBoolean(value)
  if (parsed === undefined) throw new BadValueError(option, value, 'use true or false')
  return parsed
}
