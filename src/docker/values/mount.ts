import {resolve} from 'node:path'
import {BadValueError} from '../../errors.js'
import {parseBoolean} from '../../options/boolean.js'
import type {Mount} from '../create-request.js'
import type {Effect} from '../run-options.js'
import {oneOf} from './choice.js'
import {parseCsvRecord} from './csv.js'
import {bytes} from './numbers.js'
import {keyValue} from './pairs.js'

type Field = (mount: Mount, value: string, option: string) => void

const bind = (mount: Mount): Record<string, unknown> => (mount.BindOptions ??= {})
const volume = (mount: Mount): Record<string, unknown> => (mount.VolumeOptions ??= {})
const tmpfs = (mount: Mount): Record<string, unknown> => (mount.TmpfsOptions ??= {})

const source: Field = (mount, value) => void (mount.Source = value)
const target: Field = (mount, value) => void (mount.Target = value)
const readOnly: Field = (mount, value, option) => void (mount.ReadOnly = flag(value, option))

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
  'volume-subpath': (mount, value) => void (volume(mount)['Subpath'] = value),
  'volume-nocopy': (mount, value, option) => void (volume(mount)['NoCopy'] = flag(value, option)),
  'volume-label': (mount, value) =>
    void (volume(mount)['Labels'] = {...asRecord(volume(mount)['Labels']), ...keyValue(value)}),
  'volume-driver': (mount, value) => void (driver(mount)['Name'] = value),
  'volume-opt': (mount, value) =>
    void (driver(mount)['Options'] = {...asRecord(driver(mount)['Options']), ...keyValue(value)}),
  'tmpfs-size': (mount, value, option) => void (tmpfs(mount)['SizeBytes'] = bytes(value, option)),
  'tmpfs-mode': (mount, value, option) => {
    if (!/^[0-7]+$/.test(value)) throw new BadValueError(option, value, 'tmpfs-mode is an octal number, such as 1777')
    tmpfs(mount)['Mode'] = Number.parseInt(value, 8)
  },
}

/** `--mount type=…,source=…,target=…`: comma-separated fields, in quotes where a value has a comma. */
export const mount: Effect = ({request: {body}}, value, option, {cwd}) => {
  const result: Mount = {Type: 'volume'}
  const fields = parseCsvRecord(value)
  if (fields === undefined) throw new BadValueError(option, value, 'a quote is not closed, or stands inside a field')
  for (const field of fields) {
    const equals = field.indexOf('=')
    const key = (equals === -1 ? field : field.slice(0, equals)).toLowerCase()
    const set = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined
    if (set === undefined) throw new BadValueError(option, value, `there is no field '${key}'`)
    if (equals === -1 && set !== readOnly && key !== 'volume-nocopy')
      throw new BadValueError(option, value, `the field '${key}' needs a value`)
    set(result, equals === -1 ? 'true' : field.slice(equals + 1), option)
  }
  if (result.Target === undefined || result.Target === '') throw new BadValueError(option, value, 'it needs a target')
  if (result.Type === 'bind') {
    if (result.Source === undefined || result.Source === '')
      throw new BadValueError(option, value, 'a bind mount needs a source')
    if (result.Source.startsWith('.')) result.Source = resolve(cwd, result.Source)
  }
  for (const [options, type] of [
    ['BindOptions', 'bind'],
    ['VolumeOptions', 'volume'],
    ['TmpfsOptions', 'tmpfs'],
  ] as const)
    if (result[options] !== undefined && result.Type !== type)
      throw new BadValueError(option, value, `fields of type=${type} do not go with type=${result.Type}`)
  body.HostConfig.Mounts.push(result)
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
  if (parsed === undefined) throw new BadValueError(option, value, 'say true or false')
  return parsed
}
