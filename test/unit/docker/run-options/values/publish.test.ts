import {describe, expect, test} from 'vitest'
import {publish} from '../../../../../src/docker/run-options/values/publish.js'
import {draftOf} from '../../../../support/run-options/draft.js'

describe('--publish', () => {
  test.each([
    ['80', {'80/tcp': [{HostIp: '', HostPort: ''}]}],
    ['8080:80', {'80/tcp': [{HostIp: '', HostPort: '8080'}]}],
    [':80', {'80/tcp': [{HostIp: '', HostPort: ''}]}],
    ['53:53/udp', {'53/udp': [{HostIp: '', HostPort: '53'}]}],
    ['53:53/UDP', {'53/udp': [{HostIp: '', HostPort: '53'}]}],
    ['7:7/sctp', {'7/sctp': [{HostIp: '', HostPort: '7'}]}],
    ['127.0.0.1:8080:80', {'80/tcp': [{HostIp: '127.0.0.1', HostPort: '8080'}]}],
    ['127.0.0.1::80', {'80/tcp': [{HostIp: '127.0.0.1', HostPort: ''}]}],
    ['[::1]:8080:80', {'80/tcp': [{HostIp: '::1', HostPort: '8080'}]}],
    ['[::1]::80/udp', {'80/udp': [{HostIp: '::1', HostPort: ''}]}],
    ['[2001:db8::1]:8080:80', {'80/tcp': [{HostIp: '2001:db8::1', HostPort: '8080'}]}],
    ['::1:8080:80', {'80/tcp': [{HostIp: '::1', HostPort: '8080'}]}],
    ['0:80', {'80/tcp': [{HostIp: '', HostPort: '0'}]}],
    ['65535:65535', {'65535/tcp': [{HostIp: '', HostPort: '65535'}]}],
    [
      '8000-8002:80-82',
      {
        '80/tcp': [{HostIp: '', HostPort: '8000'}],
        '81/tcp': [{HostIp: '', HostPort: '8001'}],
        '82/tcp': [{HostIp: '', HostPort: '8002'}],
      },
    ],
    [
      '[::1]:8000-8001:80-81/udp',
      {'80/udp': [{HostIp: '::1', HostPort: '8000'}], '81/udp': [{HostIp: '::1', HostPort: '8001'}]},
    ],
    ['80-81', {'80/tcp': [{HostIp: '', HostPort: ''}], '81/tcp': [{HostIp: '', HostPort: ''}]}],
    ['80-80', {'80/tcp': [{HostIp: '', HostPort: ''}]}],
    ['8000-8010:80', {'80/tcp': [{HostIp: '', HostPort: '8000-8010'}]}],
    ['published=8080,target=80,protocol=udp', {'80/udp': [{HostIp: '', HostPort: '8080'}]}],
    ['published=127.0.0.1:8080,target=80', {'80/tcp': [{HostIp: '127.0.0.1', HostPort: '8080'}]}],
  ])('--publish %s binds and exposes', async (value, bindings) => {
    const {body} = (await draftOf(publish, [value])).request
    expect(body.HostConfig.PortBindings).toEqual(bindings)
    expect(body.ExposedPorts).toEqual(Object.fromEntries(Object.keys(bindings).map((port) => [port, {}])))
  })

  test('--publish binds one port of the container to several of the host', async () => {
    const {body} = (await draftOf(publish, ['8080:80', '127.0.0.1:9090:80'])).request
    expect(body.HostConfig.PortBindings).toEqual({
      '80/tcp': [
        {HostIp: '', HostPort: '8080'},
        {HostIp: '127.0.0.1', HostPort: '9090'},
      ],
    })
    expect(body.ExposedPorts).toEqual({'80/tcp': {}})
  })

  test.each([
    ['', "'' is not a port or a range of ports"],
    ['http', "'http' is not a port or a range of ports"],
    ['8080:', "'' is not a port or a range of ports"],
    ['127.0.0.1:80', "'127.0.0.1' is not a port or a range of ports"],
    ['80:http', "'http' is not a port or a range of ports"],
    ['65536', "'65536' is not a port or a range of ports"],
    ['80:65536', "'65536' is not a port or a range of ports"],
    ['82-80', "'82-80' is not a port or a range of ports"],
    ['80-', "'80-' is not a port or a range of ports"],
    ['-1:80', "'-1' is not a port or a range of ports"],
    ['80-81-82', "'80-81-82' is not a port or a range of ports"],
    ['8000-8001:80-82', 'the two ranges differ in length'],
    ['8000:80-82', 'the two ranges differ in length'],
    ['80/icmp', 'icmp is not a protocol: use tcp, udp or sctp'],
    ['localhost:8080:80', 'localhost is not an IP address'],
    ['256.0.0.1:8080:80', '256.0.0.1 is not an IP address'],
    ['[nowhere]:8080:80', 'nowhere is not an IP address'],
    [
      '[::1]:127.0.0.1:8080:80',
      'an address in brackets must be followed by the port of the host, or nothing, and that of the container',
    ],
    ['published=8080', "'' is not a port or a range of ports"],
    ['target=80,host=x', "'host=x' is none of published=, target=, protocol= and mode="],
  ])('--publish %s is refused: %s', async (value, why) => {
    await expect(draftOf(publish, [value])).rejects.toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "${value}" for --option: ${why}`,
    })
  })
})

test.each(['[fe80::1%eth0]:80:80', 'fe80::1%eth0:80:80'])('an address with a zone is refused: %s', async (value) => {
  await expect(draftOf(publish, [value])).rejects.toMatchObject({code: 'BAD_VALUE'})
})

test('a protocol that is left out behind its slash is tcp', async () => {
  expect((await draftOf(publish, ['80/'])).request.body.ExposedPorts).toEqual({'80/tcp': {}})
})
