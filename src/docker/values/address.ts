import {SocketAddress, isIP} from 'node:net'
import {BadValueError} from '../../errors.js'

/** Whether a text is an IP address without a zone, which docker takes nowhere. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

/** An IP address in its shortest form. @throws {BadValueError} */
export function ipAddress(value: string, option: string): string {
  const address = value.trim()
  if (!isAddress(address)) throw new BadValueError(option, value, 'say an IP address')
  if (isIP(address) === 4) return address
  return new SocketAddress({address, family: 'ipv6'}).address.replace(/^::ffff:(?=\d+\.)/, '')
}

/** The hardware address of a network interface: 6, 8 or 20 bytes, in pairs or in fours. @throws {BadValueError} */
export function macAddress(value: string, option: string): string {
  const [separator = ''] = /[:-]/.exec(value) ?? []
  const parts = value.trim().split(separator === '' ? '.' : separator)
  const width = separator === '' ? 4 : 2
  const isWhole = parts.every((part) => part.length === width && /^[\da-f]+$/i.test(part))
  if (!isWhole || ![6, 8, 20].includes((parts.length * width) / 2))
    throw new BadValueError(option, value, `'${value}' is no MAC address, such as 92:d0:c6:0a:29:33`)
  return value
}

/** `--add-host NAME:ADDRESS` or `NAME=ADDRESS`; the address may be `host-gateway`, and one of IPv6 in brackets. @throws {BadValueError} */
export function extraHost(value: string, option: string): string {
  const [, name = '', address = ''] = /^([^=]*)=(.*)$/s.exec(value) ?? /^([^:]*):(.*)$/s.exec(value) ?? []
  if (name === '') throw new BadValueError(option, value, 'say NAME:ADDRESS')
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
    throw new BadValueError(option, value, 'say a domain, such as example.com')
  return domain
}
