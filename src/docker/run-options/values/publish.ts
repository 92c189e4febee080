import {BadValueError} from '../../../errors.js'
import type {Effect} from '../draft.js'
import {isAddress} from './address.js'
import {parseCsvRecord} from '../../../options/csv.js'
import {portsOf} from './ports.js'

/**
 * `--publish [[IP:][HOST]:]CONTAINER[/PROTOCOL]`, where both ports may be ranges of the same length, `8000-8010:80-90`;
 * or in fields, `published=[IP:]HOST,target=CONTAINER,protocol=PROTOCOL`.
 */
export const publish: Effect = ({request: {body}}, value, option) => {
  const bad = (why: string): never => {
    throw new BadValueError(option, value, why)
  }
  const range = (text: string): number[] => portsOf(text) ?? bad(`'${text}' is not a port or a range of ports`)
  const short = value.includes('=') ? shortForm(value, bad) : value
  const [, address, ports = ''] = /^(?:\[([^\]]*)\]:)?(.*)$/s.exec(short) ?? []
  const [mapping = '', named = ''] = ports.split('/')
  const protocol = named === '' ? 'tcp' : named.toLowerCase()
  const parts = mapping.split(':')
  const container = parts.pop() ?? ''
  const host = parts.pop() ?? ''
  const ip = address ?? parts.join(':')
  if (address !== undefined && (parts.length > 0 || !mapping.includes(':')))
    bad('an address in brackets must be followed by the port of the host, or nothing, and that of the container')
  if (ip !== '' && ip !== ':' && !isAddress(ip)) bad(`${ip} is not an IP address`)
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) bad(`${protocol} is not a protocol: use tcp, udp or sctp`)

  const containerPorts = range(container)
  const hostPorts = host === '' ? undefined : range(host)
  const wide = hostPorts !== undefined && hostPorts.length !== containerPorts.length
  // The Engine picks one of a range for a single port by itself.
  if (wide && containerPorts.length !== 1) bad('the two ranges differ in length')
  for (const [index, port] of containerPorts.entries()) {
    const key = `${String(port)}/${protocol}`
    const HostPort = wide ? `${String(hostPorts[0])}-${String(hostPorts.at(-1))}` : String(hostPorts?.[index] ?? '')
    body.ExposedPorts[key] = {}
    ;(body.HostConfig.PortBindings[key] ??= []).push({HostIp: ip, HostPort})
  }
}

function shortForm(value: string, bad: (why: string) => never): string {
  const fields = {published: '', target: '', protocol: 'tcp', mode: ''}
  for (const field of parseCsvRecord(value) ?? bad('a quote is not closed, or is inside a field')) {
    const [, key = '', text = ''] = /^([^=]*)=(.*)$/s.exec(field) ?? []
    if (!isField(key)) bad(`'${field}' is none of published=, target=, protocol= and mode=`)
    else fields[key] = text
  }
  return `${fields.published}:${fields.target}/${fields.protocol}`

  function isField(key: string): key is keyof typeof fields {
    return Object.hasOwn(fields, key)
  }
}

/** `--expose PORT[/PROTOCOL]`, or a range of ports. */
export const expose: Effect = ({request: {body}}, value, option) => {
  const [range = '', protocol = ''] = value.split('/')
  const ports = portsOf(range)
  if (ports === undefined) throw new BadValueError(option, value, `'${range}' is not a port or a range of ports`)
  for (const port of ports) body.ExposedPorts[`${String(port)}/${protocol === '' ? 'tcp' : protocol}`] = {}
}
