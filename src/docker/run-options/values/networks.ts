import {BadValueError, ConflictingOptionsError} from '../../../errors.js'
import type {Endpoint} from '../../create-request.js'
import type {Draft, Effect, Network} from '../draft.js'
import {ipAddress, ipv4Address, ipv6Address, macAddress} from './address.js'
import {parseCsvRecord} from '../../../options/csv.js'
import {partOf} from './blame-whole.js'

/** Puts the value of one field where it belongs; `option` is for messages. @throws {BadValueError} */
type Field = (endpoint: Endpoint, value: string, option: string) => void

const ipam = (endpoint: Endpoint): NonNullable<Endpoint['IPAMConfig']> => (endpoint.IPAMConfig ??= {})

// An empty value takes an earlier one back.
const unlessEmpty = (value: string, read: () => string): string => (value === '' ? '' : read())

const putIp: Field = (endpoint, value, option) =>
  void (ipam(endpoint).IPv4Address = unlessEmpty(value, () => ipv4Address(value, option)))

const putIp6: Field = (endpoint, value, option) =>
  void (ipam(endpoint).IPv6Address = unlessEmpty(value, () => ipv6Address(value, option)))

const putLinkLocalIp: Field = (endpoint, value, option) =>
  void (ipam(endpoint).LinkLocalIPs ??= []).push(ipAddress(value, option))

const putMacAddress: Field = (endpoint, value, option) =>
  void (endpoint.MacAddress = unlessEmpty(value, () => macAddress(value, option)))

/** The fields of `--network name=…` besides the name (Engine API, `EndpointSettings`). */
const FIELDS: Readonly<Record<string, Field>> = {
  alias: (endpoint, value) => void (endpoint.Aliases ??= []).push(value),
  ip: putIp,
  ip6: putIp6,
  'link-local-ip': putLinkLocalIp,
  'mac-address': putMacAddress,
  'gw-priority': (endpoint, value, option) => {
    if (!/^[+-]?\d+$/.test(value)) throw new BadValueError(option, value, 'gw-priority is a number')
    endpoint.GwPriority = Number(value)
  },
  'driver-opt': (endpoint, value, option) => {
    const [, key = '', setting = ''] = /^\s*([^=]*?)\s*=\s*(.*)$/s.exec(value) ?? []
    if (key === '') throw new BadValueError(option, value, 'use driver-opt=KEY=VALUE')
    ;(endpoint.DriverOpts ??= {})[key] = setting
  },
}

/**
 * `--network NAME`, `host`, `none`, `bridge`, `container:ID`, or fields: `name=…,alias=…,ip=…`, all in lower case; once
 * for each network.
 */
export const network: Effect = ({pending, needs}, value, option) => {
  const bad = (why: string): never => {
    throw new BadValueError(option, value, why)
  }
  if (value === '') bad('a network needs a name')
  const joined: Network = {name: value, endpoint: {}}
  if (/\w=\w/.test(value)) {
    joined.name = ''
    for (const field of parseCsvRecord(value) ?? bad('a quote is not closed, or is inside a field')) {
      const [, key, setting = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(field.toLowerCase()) ?? []
      if (key === undefined) bad(`the field '${field}' needs a value`)
      else if (key === 'name') joined.name = setting
      else if (Object.hasOwn(FIELDS, key)) partOf(value, option, () => FIELDS[key]?.(joined.endpoint, setting, option))
      else bad(`there is no field '${key}'`)
    }
    if (joined.name === '') bad('it needs a name')
  }
  const {MacAddress, GwPriority} = joined.endpoint
  if (MacAddress) needs.push({option: `${option} …,mac-address=${MacAddress}`, api: '1.44'})
  if (GwPriority) needs.push({option: `${option} …,gw-priority=${String(GwPriority)}`, api: '1.48'})
  if (pending.networks.some(({name}) => name === joined.name)) bad('this network is named already')
  pending.networks.push(joined)
}

/** `--mac-address MAC`, on the first network. */
export const firstMacAddress: Effect = ({pending, needs}, value, option) => {
  putMacAddress(pending.first, value, option)
  if (value !== '') needs.push({option: `${option} ${value}`, api: '1.44'})
}

/** `--ip`, on the first network. */
export const firstIp: Effect = ({pending}, value, option) => {
  putIp(pending.first, value, option)
}

/** `--ip6`, on the first network. */
export const firstIp6: Effect = ({pending}, value, option) => {
  putIp6(pending.first, value, option)
}

/** `--link-local-ip`, one more of the first network. */
export const firstLinkLocalIp: Effect = ({pending}, value, option) => {
  putLinkLocalIp(pending.first, value, option)
}

/** Networks that everybody has; only on others has a container aliases. */
const OWN = /^(?:default|bridge|host|none|container:.*)$/s

/**
 * Puts the container on its networks, the first of which has what `--ip`, `--network-alias` and their like say. @throws
 * {ConflictingOptionsError}
 */
export function joinNetworks({request: {body}, pending: {networks, first}}: Draft): void {
  const [main = {name: 'default', endpoint: {}}, ...others] = networks
  const isOwn = OWN.test(main.name)
  for (const {name} of others)
    if (OWN.test(name) !== isOwn)
      throw new ConflictingOptionsError(
        `--network ${main.name}`,
        `--network ${name}`,
        "user-defined networks and Docker's own cannot be combined",
      )
  const endpoint = merged(main, first)
  const {Links} = body.HostConfig
  if (!isOwn && Links.length > 0) endpoint.Links = Links
  const all = [{name: main.name, endpoint}, ...others]
  for (const {name, endpoint} of all)
    if (endpoint.Aliases !== undefined && OWN.test(name))
      throw new ConflictingOptionsError(
        `--network ${name}`,
        `the alias ${endpoint.Aliases.join(', ')}`,
        'only user-defined networks have aliases',
      )
  body.HostConfig.NetworkMode = main.name
  // A network by its name alone is said by the network mode.
  if (others.length === 0 && Object.keys(endpoint).length === 0) return
  body.NetworkingConfig = {EndpointsConfig: Object.fromEntries(all.map(({name, endpoint}) => [name, endpoint]))}
}

/** What the fields of `--network` and the options of their own say of the first network. */
function merged({name, endpoint}: Network, first: Endpoint): Endpoint {
  const settings = [
    ['--network-alias', first.Aliases, endpoint.Aliases],
    ['--mac-address', first.MacAddress, endpoint.MacAddress],
    ['--ip', first.IPAMConfig?.IPv4Address, endpoint.IPAMConfig?.IPv4Address],
    ['--ip6', first.IPAMConfig?.IPv6Address, endpoint.IPAMConfig?.IPv6Address],
    ['--link-local-ip', first.IPAMConfig?.LinkLocalIPs, endpoint.IPAMConfig?.LinkLocalIPs],
  ] as const
  for (const [option, own, field] of settings)
    if (own && field)
      throw new ConflictingOptionsError(
        `${option} ${String(own)}`,
        `--network name=${name},…`,
        'both set it for that network',
      )
  const IPAMConfig = {...present(endpoint.IPAMConfig), ...present(first.IPAMConfig)}
  return {...present(endpoint), ...present(first), ...(Object.keys(IPAMConfig).length > 0 ? {IPAMConfig} : {})}
}

/** The fields that say something, without the addresses, which are merged one by one. */
function present<T extends object>(fields: T | undefined): Partial<T> {
  const said = Object.entries(fields ?? {}).filter(
    ([name, value]) => name !== 'IPAMConfig' && value !== '' && value !== 0,
  )
  return Object.fromEntries(said) as Partial<T>
}
