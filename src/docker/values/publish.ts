import {isIP} from 'node:net'
import {BadValueError} from '../../errors.js'
import type {Effect} from '../run-options.js'

/** `--publish [[IP:][HOST]:]CONTAINER[/PROTOCOL]`, where both ports may be ranges of the same length, `8000-8010:80-90`. */
export const publish: Effect = ({request: {body}}, value, option) => {
  const bad = (why: string): never => {
    throw new BadValueError(option, value, why)
  }
  const [, address = '', ports = ''] = /^(?:\[([^\]]*)\]:)?(.*)$/.exec(value) ?? []
  const [mapping = '', named = '', ...more] = ports.split('/')
  const protocol = named === '' ? 'tcp' : named
  const parts = mapping.split(':')
  const container = parts.pop() ?? ''
  const host = parts.pop() ?? ''
  const ip = address === '' ? parts.join(':') : address
  if (address !== '' && parts.length > 0) bad('an address is given twice')
  if (more.length > 0) bad('there is more than one protocol')
  if (ip !== '' && (isIP(ip) === 0 || ip.includes('%'))) bad(`${ip} is no IP address`)
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) bad(`${protocol} is no protocol: say tcp, udp or sctp`)

  const containerPorts = range(container, bad)
  const hostPorts = host === '' ? undefined : range(host, bad)
  const wide = hostPorts !== undefined && hostPorts.length !== containerPorts.length
  // The Engine picks one of a range for a single port by itself.
  if (wide && containerPorts.length !== 1) bad('the two ranges are not of the same length')
  for (const [index, port] of containerPorts.entries()) {
    const key = `${String(port)}/${protocol.toLowerCase()}`
    const HostPort = wide ? host : String(hostPorts?.[index] ?? '')
    body.ExposedPorts[key] = {}
    ;(body.HostConfig.PortBindings[key] ??= []).push({HostIp: ip, HostPort})
  }
}

function range(text: string, bad: (why: string) => never): number[] {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  const from = Number(first)
  const to = Number(last)
  if (first === '' || from > to || to > 65_535) bad(`'${text}' is no port or range of ports`)
  return Array.from({length: to - from + 1}, (_, offset) => from + offset)
}
