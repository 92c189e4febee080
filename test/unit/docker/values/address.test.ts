import {describe, expect, test} from 'vitest'
import {extraHost, ipAddress, macAddress, searchDomain} from '../../../../src/docker/values/address.js'

test.each([
  ['8.8.8.8', '8.8.8.8'],
  [' 8.8.8.8 ', '8.8.8.8'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
])('%j is the address %s', (value, address) => {
  expect(ipAddress(value, '--dns')).toBe(address)
})

test.each(['', 'google', '08.8.8.8', '[::1]', 'fe80::1%eth0'])('%j is no address', (value) => {
  expect(() => ipAddress(value, '--dns')).toThrow(`invalid value "${value}" for --dns: `)
})

test.each(['92:d0:c6:0a:29:33', '92-D0-C6-0A-29-33', '92d0.c60a.2933'])('%s is a MAC address', (value) => {
  expect(macAddress(value, '--mac-address')).toBe(value)
})

test.each(['bad', '92:d0:c6:0a:29', '92:d0:c6:0a:29-33', '92d0c60a2933'])('%s is no MAC address', (value) => {
  expect(() => macAddress(value, '--mac-address')).toThrow(`'${value}' is no MAC address`)
})

describe('--add-host', () => {
  test.each([
    ['db:10.0.0.1', 'db:10.0.0.1'],
    ['db=10.0.0.1', 'db:10.0.0.1'],
    ['db:host-gateway', 'db:host-gateway'],
    ['db:[::1]', 'db:::1'],
  ])('%s is %s', (value, entry) => {
    expect(extraHost(value, '--add-host')).toBe(entry)
  })

  test.each(['db', ':10.0.0.1', 'db:', 'db:nowhere'])('%s is refused', (value) => {
    expect(() => extraHost(value, '--add-host')).toThrow(`invalid value "${value}" for --add-host: `)
  })
})

test.each([
  ['example.com', 'example.com'],
  ['example.com.', 'example.com'],
  ['.', '.'],
])('%s is looked up in %s', (value, domain) => {
  expect(searchDomain(value, '--dns-search')).toBe(domain)
})
