import {describe, expect, test} from 'vitest'
import {
  extraHost,
  ipAddress,
  ipv4Address,
  ipv6Address,
  macAddress,
  searchDomain,
} from '../../../../../src/docker/run-options/values/address.js'

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

test('an address of IPv4 is taken as it is', () => {
  expect(ipv4Address(' 172.30.1.2 ', '--ip')).toBe('172.30.1.2')
})

test.each(['', 'nope', '010.0.0.5', '10.0.0', '2001:db8::1'])('%j is no address of IPv4', (value) => {
  expect(() => ipv4Address(value, '--ip')).toThrow(
    `invalid value "${value}" for --ip: '${value}' is not an IPv4 address, such as 172.30.1.2`,
  )
})

test.each([
  ['FE80::1', 'fe80::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
])('%s is the IPv6 address %s', (value, address) => {
  expect(ipv6Address(value, '--ip6')).toBe(address)
})

test.each(['', 'nope', 'fe80::1%eth0', '[::1]', '10.0.0.1', '::ffff:10.0.0.1'])('%j is no address of IPv6', (value) => {
  expect(() => ipv6Address(value, '--ip6')).toThrow(
    `invalid value "${value}" for --ip6: '${value}' is not an IPv6 address, such as 2001:db8::2`,
  )
})

test.each(['92:d0:c6:0a:29:33', '92-D0-C6-0A-29-33', '92d0.c60a.2933', '92d0c60a2933'])(
  '%s is the MAC address 92:d0:c6:0a:29:33',
  (value) => {
    expect(macAddress(value, '--mac-address')).toBe('92:d0:c6:0a:29:33')
  },
)

test.each(['02:00:5e:10:00:00:00:01', '0200.5e10.0000.0001', '02005E1000000001'])(
  '%s is a MAC address of eight bytes',
  (value) => {
    expect(macAddress(value, '--mac-address')).toBe('02:00:5e:10:00:00:00:01')
  },
)

test.each(['', 'bad', '92:d0:c6:0a:29', '92:d0:c6:0a:29-33', '92:d0-c6:0a:29:33', '92d0c60a29', '92.d0.c6.0a.29.33'])(
  '%j is not a MAC address',
  (value) => {
    expect(() => macAddress(value, '--mac-address')).toThrow(`'${value}' is not a MAC address`)
  },
)

describe('--add-host', () => {
  test.each([
    ['db:10.0.0.1', 'db:10.0.0.1'],
    ['db=10.0.0.1', 'db:10.0.0.1'],
    ['db:host-gateway', 'db:host-gateway'],
    ['db:[::1]', 'db:::1'],
  ])('--add-host %s is %s', (value, entry) => {
    expect(extraHost(value, '--add-host')).toBe(entry)
  })

  test.each(['db', ':10.0.0.1', 'db:', 'db:nowhere'])('--add-host %s is refused', (value) => {
    expect(() => extraHost(value, '--add-host')).toThrow(`invalid value "${value}" for --add-host: `)
  })
})

test.each([
  ['example.com', 'example.com'],
  ['example.com.', 'example.com'],
  ['.', '.'],
])('the domain %s is looked up in %s', (value, domain) => {
  expect(searchDomain(value, '--dns-search')).toBe(domain)
})
