import {posix} from 'node:path'
import {BadValueError} from '../../../errors.js'
import type {Effect} from '../draft.js'
import {bytes, digits} from './numbers.js'
import {partOf} from './blame-whole.js'

/**
 * A device by its name in the Container Device Interface, `vendor.com/class=name`, which a file of the host describes.
 */
const CDI = /^[a-z](?:[\w.-]*[a-z\d])?\/[a-z](?:[\w.-]*[a-z\d])?=[a-z\d](?:[\w.:-]*[a-z\d])?$/i

/** `--device HOST[:CONTAINER][:MODES]`, or a device's name in the Container Device Interface. */
export const device: Effect = ({request: {body}, pending}, value, option) => {
  const bad = (why: string): never => {
    throw new BadValueError(option, value, why)
  }
  if (CDI.test(value)) {
    pending.cdiDevices.push(value)
    return
  }
  const [host = '', second, third, ...more] = value.split(':')
  if (host === '' || more.length > 0) bad('use HOST, HOST:CONTAINER or HOST:CONTAINER:MODES')
  const isMode = third === undefined && second !== undefined && isModes(second)
  const container = isMode || second === undefined ? host : second
  const modes = third ?? (isMode ? second : 'rwm')
  for (const path of [host, container]) if (!path.startsWith('/')) bad(`'${path}' is not an absolute path`)
  if (!isModes(modes)) bad(`'${modes}' does not consist of the modes r, w and m, each at most once`)
  body.HostConfig.Devices.push({
    PathOnHost: container === host ? clean(host) : host,
    PathInContainer: clean(container),
    CgroupPermissions: modes,
  })
}

function isModes(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length
}

function clean(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '')
}

/** `--device-cgroup-rule 'TYPE MAJOR:MINOR MODES'`. @throws {BadValueError} */
export function deviceRule(value: string, option: string): string {
  if (!/^[acb] (?:\d+|\*):(?:\d+|\*) [rwm]{1,3}$/.test(value))
    throw new BadValueError(option, value, "use 'TYPE MAJOR:MINOR MODES', as in 'c 13:* rwm'")
  return value
}

/** `DEVICE:RATE`, in bytes a second. @throws {BadValueError} */
export function byteRate(value: string, option: string): {Path: string; Rate: number} {
  const [Path, rate] = deviceAnd(value, option)
  return {Path, Rate: partOf(value, option, () => bytes(rate, option))}
}

/** `DEVICE:RATE`, in operations a second. @throws {BadValueError} */
export function operationRate(value: string, option: string): {Path: string; Rate: number} {
  const [Path, rate] = deviceAnd(value, option)
  return {Path, Rate: partOf(value, option, () => digits(rate, option))}
}

/** `DEVICE:WEIGHT`, a share of the device's time. @throws {BadValueError} */
export function deviceWeight(value: string, option: string): {Path: string; Weight: number} {
  const [Path, text] = deviceAnd(value, option)
  const Weight = partOf(value, option, () => digits(text, option))
  if (Weight !== 0 && (Weight < 10 || Weight > 1000))
    throw new BadValueError(option, value, 'a weight is 0, or 10 to 1000')
  return {Path, Weight}
}

function deviceAnd(value: string, option: string): [string, string] {
  const [, path, rest] = /^(\/dev\/[^:]*):(.+)$/s.exec(value) ?? []
  if (path === undefined || rest === undefined)
    throw new BadValueError(option, value, 'use DEVICE:NUMBER with a path below /dev, as in /dev/sda:100')
  return [path, rest]
}
