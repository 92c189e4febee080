import {SocketAddress, isIP} from 'node:net'
import {BadValueError} from '../../../errors.js'

/** Whether a text is an IP address without a zone, which docker takes nowhere. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

/** An IP address in its shortest form. @throws {BadValueError} */
export function ipAddress(value: string, option: string): string {
  const address = value.trim()
  if (!isAddress(address)) throw new BadValueError(option, value, `'${address}' is not an IP address`)
  return shortest(address)
}

/** An address of IPv4. @throws {BadValueError} */
export function ipv4Address(value: string, option: string): string {
  const address = value.trim()
  if (isIP(address) !== 4)
    throw new BadValueError(option, value, `'${address}' is not an IPv4 address, such as 172.30.1.2`)
  return address
}

/**
 * An address of IPv6 in its shortest form (RFC 5952); one of IPv4 in its clothes is none, as for the Engine. @throws
 * {BadValueError}
 */
export function ipv6Address(value: string, option: string): string {
  const address = value.trim()
  const short = isAddress(address) ? shortest(address) : ''
  if (isIP(short) !== 6)
    throw new BadValueError(option, value, `'${address}' is not an IPv6 address, such as 2001:db8::2`)
  return short
}

function shortest(address: string): string {
  if (isIP(address) === 4) return address
  return new SocketAddress({address, family: 'ipv6'}).address.replace(/^::ffff:(?=\d+\.)/, '')
}

/**
 * The hardware address of a network interface as `92:d0:c6:0a:29:33`: 6, 8 or 20 bytes, in pairs that colons or dashes
 * part, in fours that dots part, or with nothing between.
 *
 * @throws {BadValueError}
 */
export function macAddress(value: string, option: string): string {
  const text = value.trim().toLowerCase()
  const digits = text.replaceAll(/[:.-]/g, '')
  const isWhole =
    /^[\da-f]{12}$|^[\da-f]{16}$|^[\da-f]{40}$/.test(text) ||
    /^[\da-f]{2}(?:([:-])[\da-f]{2}(?:\1[\da-f]{2})*)$/.test(text) ||
    /^[\da-f]{4}(?:\.[\da-f]{4})+$/.test(text)
  if (!isWhole || ![6, 8, 20].includes(digits.length / 2))
    throw new BadValueError(option, value, `'${value}' is not a MAC address, such as 92:d0:c6:0a:29:33`)
  return digits.replaceAll(/..(?=.)/g, '$&:')
}

/**
 * `--add-host NAME:ADDRESS` or `NAME=ADDRESS`; the address may be `host-gateway`, and one of IPv6 in brackets. @throws
 * {BadValueError}
 */
export function extraHost(value: string, option: string): string {
  const [, name = '', address = ''] = /^([^=]*)=(.*)$/s.exec(value) ?? /^([^:]*):(.*)$/s.exec(value) ?? []
  if (name === '') throw new BadValueError(option, value, 'use NAME:ADDRESS')
  const bare = address.replace(/^\[(.*)\]$/s, '$1')
  if (address !== 'host-gateway' && !isAddress(bare.trim()))
    throw new BadValueError(option, value, `'${address}' is neither an IP address nor host-gateway`)
  return `${name}:${bare}`
}

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const DOMAIN = new RegExp(`^(${LABEL}(?:\\.${LABEL})*)\\.?$`, 'i')

/** A domain that names are looked up in, or a dot alone for none. @throws {BadValueError} */
export function searchDomain(value: string, option: string): string {
  const name = value.trim()
  if (name === '.') return name
  const [, domain = ''] = DOMAIN.exec(name) ?? []
  if (domain === '' || !/[a-z]/i.test(domain) || domain.length > 254)
    throw new BadValueError(option, value, 'use a domain, such as example.com')
  return domain
}
