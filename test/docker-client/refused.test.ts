import {describe, expect, test} from 'vitest'
import {RUN_OPTIONS} from '../../src/docker/run-options/table.js'
import {both, refusalOf} from './both.js'

/** Values that neither docker nor we take, by option. */
const BAD: Readonly<Record<string, readonly string[]>> = {
  'add-host': [
    '',
    'db',
    ':1.2.3.4',
    'db:',
    'db:nowhere',
    'a:b:c',
    'a=b:1.2.3.4',
    'a:[host-gateway]',
    'a:fe80::1%eth0',
    'a:1.2.3',
  ],
  attach: ['', 'stdlog', 'in', 'stdin,stdout'],
  'blkio-weight': ['', '-1', 'x', '70000', '+5', '1.5', '08'],
  'blkio-weight-device': [
    '',
    '/dev/sda',
    'sda:100',
    '/dev/sda:5',
    '/dev/sda:1001',
    '/dev/sda:x',
    '/dev/sda:100:1',
    ':100',
    '/dev/sda:+100',
  ],
  cgroupns: ['container:x', 'HOST', 'no'],
  'cpu-period': ['', 'x', '1.5', '08', '0x', '1__0', '99999999999999999999', '10ms'],
  'cpu-quota': ['x', '1e3'],
  'cpu-rt-period': ['x', ' 1'],
  'cpu-rt-runtime': ['x', '1_'],
  'cpu-shares': ['x', '--1'],
  cpus: ['', 'x', '1/3', '1.0000000001', '1/0', '.', '1..5', '1,5', '1.5/2', '1._5', 'two'],
  device: [
    '',
    'sda',
    '/dev/sda:sdb',
    '/dev/sda:/dev/x:q',
    '/dev/x:',
    '/dev/x:/dev/x:',
    'a:b:c:d',
    '/dev/sda:rr',
    ':/dev/x',
    './x',
    '/dev/sda:/dev/x:rwmm',
    'vendor.com/class=',
    '1v.com/class=x',
  ],
  'device-cgroup-rule': ['', 'a', 'x 1:* rwm', 'c 1:3', 'c 1:3 rrrr', ' c 1:3 r', 'c 1 r', 'c 1:x r'],
  'device-read-bps': [
    '',
    '/dev/sda',
    'sda:1',
    '/dev/sda:',
    '/dev/sda:-1',
    '/dev/sda:x',
    '/dev/sda:1:2',
    '/dev/sda:1 zb',
  ],
  'device-read-iops': ['', '/dev/sda', 'sda:1', '/dev/sda:1k', '/dev/sda:-1', '/dev/sda:0x1'],
  'device-write-bps': ['/dev/sda:fast', '/sys/x:1'],
  'device-write-iops': ['/dev/sda:+1', '/dev/sda:1.5'],
  dns: ['', 'google', '[::1]', '8.8.8.8,1.1.1.1', 'fe80::1%eth0', '08.8.8.8', '1.2.3', '1.2.3.4:53'],
  'dns-search': ['', 'bad!', 'a..b', '-a', 'a,b', '1.2', 'a_b', '.a', 'a-.com'],
  env: ['', '=b'],
  'env-file': ['', 'missing.env', '.', 'seccomp.json'],
  expose: ['', 'x', '82-80', '80:80', '70000', '80-', '-80'],
  gpus: ['', 'x', 'foo=bar', 'count=x', 'all,all', 'device=0,device=1', 'ALL', '0x2', 'options=', '"all'],
  'health-interval': ['', '5', '1d', '-5s', 's', '.s', '1 s', '1S', '1m-1s', '3000000h', 'soon'],
  'health-retries': ['', 'x', '-1', '1.5', '99999999999999999999'],
  'health-start-interval': ['5', '-1s'],
  'health-start-period': ['x', '-1s'],
  'health-timeout': ['10', '-1s'],
  'kernel-memory': ['x', '-1'],
  label: ['', '=b', 'a b=c'],
  'label-file': ['', 'missing', '.'],
  link: ['', 'a:b:c', '::'],
  'mac-address': [
    'bad',
    '92:d0:c6:0a:29',
    '92:d0:c6:0a:29:3g',
    '92:d0:c6:0a:29-33',
    '92d0c60a29330001aabb',
    '9:d0:c6:0a:29:33',
  ],
  memory: [
    '',
    'x',
    '-1',
    '1e',
    '64ib',
    '64bb',
    '1..5',
    '0x10',
    'inf',
    '1,5g',
    '1  g',
    ' 1g',
    '1__0',
    '1e400',
    'm',
    '64 gb m',
  ],
  'memory-reservation': ['lots', '-1'],
  'memory-swap': ['', '-2', 'x'],
  'memory-swappiness': ['', 'x', '101', '-2'],
  mount: [
    '',
    'type=bind,src=/a',
    'type=bind,src=/a,dst=',
    'dst=/x,sauce=/a',
    'dst=/x,foo',
    'dst=/x,source',
    'dst=/x,readonly=maybe',
    'dst=/x,',
    'type=,dst=/x',
    'type=bind,src=/a,dst=/b,volume-nocopy',
    'dst=/b,bind-propagation=rslave',
    'dst=/b,tmpfs-size=1',
    'dst=/b,image-subpath=x',
    'type=tmpfs,dst=/b,tmpfs-mode=8',
    'type=tmpfs,dst=/b,tmpfs-mode=0o7',
    'type=tmpfs,dst=/b,tmpfs-mode=47777777777',
    'type=tmpfs,dst=/b,tmpfs-size=big',
    'type=bind,src=/a,dst=/b,bind-recursive=bad',
    'type=bind,src=/a,dst=/b,bind-recursive=writable',
    'type=bind,src=/a,dst=/b,bind-recursive=readonly,ro',
    'type=bind,src=/a,dst=/b,bind-nonrecursive=x',
    'dst=/b,"volume-opt=o=a',
    'dst=/b,volume-opt=o="a"',
    'type=bind, src=/a,dst=/b',
  ],
  network: [
    '',
    'name=foo,bar=1',
    'name=foo,alias',
    'alias=a',
    'foo=bar',
    'name=foo,driver-opt=a',
    'name=foo,mac-address=bad',
    'name=foo,gw-priority=x',
    'name=foo,name=',
    'foo,alias=a',
    'name=foo,"alias=b',
  ],
  'oom-score-adj': ['', 'x', '1.5'],
  pid: ['HOST', 'container:', 'other'],
  'pids-limit': ['', 'x', '99999999999999999999'],
  platform: ['bad', 'a/b/c/d', 'linux/', '/amd64', '*', 'i686', 'linux//', 'unknown'],
  publish: [
    '',
    'x',
    '70000',
    '80:70000',
    '80:',
    '80:90-92',
    '80-81:90-92',
    '80:80/foo',
    'localhost:80:80',
    '127.0.0.1:80',
    '1:2:3:4',
    '[::1]:80',
    '[::1]80:80',
    'fe80::1%eth0:80:80',
    '80-',
    '-80',
    '+80:80',
    '80 ',
    '1.2.3:80:80',
    '90-80',
    'published=8080',
    'published=x,target=80',
    'target=80,published',
    'target=80,protocol=foo',
    'target=70000',
    '8080:80,target=80',
  ],
  pull: ['maybe', 'ALWAYS'],
  restart: ['on-failure:x', ':3'],
  'security-opt': [
    '',
    'foo',
    'seccomp',
    'seccomp=',
    'apparmor=',
    'label:',
    'seccomp=missing.json',
    'seccomp=variables.env',
    'seccomp=.',
  ],
  'shm-size': ['x', '-1', '64q'],
  'stop-timeout': ['', 'x', '10s', '08', '1.5'],
  'storage-opt': ['', 'size'],
  sysctl: ['', 'a=b', 'net.x', 'kernel.x=1', 'vm.x=1', 'kernel.domainname=x', '=b'],
  ulimit: [
    '',
    'nofile',
    'nofile=',
    'nofile=2:1',
    'nofile=-1:5',
    'nofile=5:-2',
    'foo=1',
    'nofile=1:2:3',
    'nofile=1:',
    'nofile=0x10',
    'NOFILE=1',
    'nofile=1.5',
    'nofile=1_0',
    'nofile=99999999999999999999',
  ],
  userns: ['bad', 'keep-id'],
  uts: ['bad', 'container:x'],
  volume: ['', ':/b', '/a:', '/a:/b:', '/a::ro', '/a:/b:ro:z'],
}
const SWITCHES = Object.keys(RUN_OPTIONS).filter((name) => RUN_OPTIONS[name]?.takes === 'nothing' && name !== 'help')

const values = Object.entries(BAD).flatMap(([name, values]) => values.map((value) => ({name, value})))
const ofValues = await both(values.map(({name, value}) => [`--${name}=${value}`, 'image']))
const ofSwitches = await both(SWITCHES.map((name) => [`--${name}=maybe`, 'image']))

describe('a bad value', () => {
  test.each(values.map(({name, value}, index) => [`--${name} ${JSON.stringify(value)}`, name, value, index] as const))(
    'a bad value is refused by docker, and by us with the option and the value: %s',
    (_, name, value, index) => {
      const pair = ofValues[index]
      expect(pair?.docker).toMatchObject({create: undefined})
      expect(pair?.docker.status).not.toBe(0)
      expect(refusalOf(pair)).toContain(`--${name}`)
      // A file is named by its whole path, and what is printed has its quotes escaped.
      const isDirectory = value === '.' && name.endsWith('-file')
      const named = isDirectory ? '/tmp/' : JSON.stringify(value.trim()).slice(1, -1)
      expect(refusalOf(pair)).toContain(named)
    },
  )

  test.each(SWITCHES.map((name, index) => [name, index] as const))(
    'a switch that says maybe is refused by docker, and by us with the option and the value: --%s=maybe',
    (name, index) => {
      expect(ofSwitches[index]?.docker.create).toBeUndefined()
      expect(refusalOf(ofSwitches[index])).toContain(`invalid value "maybe" for --${name}: `)
    },
  )
})

const LONE = [
  '-m',
  '--memory',
  '--nonsense',
  '-x',
  '-itx',
  '--volumes=/a',
  '-m=',
  '-t=',
  '-it=',
  '-v=',
  '--',
  '---rm',
  '--=x',
]
const lone = await both(LONE.map((word) => [word]))

test.each(LONE.map((word, index) => [word, index] as const))('a line of %s is refused by both', (_, index) => {
  expect(lone[index]?.docker.create).toBeUndefined()
  expect(lone[index]?.ours).toBeInstanceOf(Error)
})

const CONFLICTS: readonly (readonly [line: string, named: RegExp])[] = [
  ['--no-healthcheck --health-cmd x', /--no-healthcheck/],
  ['--no-healthcheck --health-interval 5s', /--no-healthcheck/],
  ['--health-retries 2 --no-healthcheck', /--no-healthcheck/],
  ['--log-driver none --log-opt a=b', /--log-driver none/],
  ['-d -a stdout', /--detach.*--attach stdout/],
  ['--network foo --network foo', /--network.*named already/],
  ['--network foo --network host', /--network foo.*--network host/],
  ['--network host --network foo', /--network host.*--network foo/],
  ['--network default --network foo', /--network default.*--network foo/],
  ['--network foo --network container:x', /--network foo.*container:x/],
  ['--network-alias a', /--network default.*alias a/],
  ['--net bridge --net-alias a', /--network bridge.*alias a/],
  ['--network host --network-alias a', /alias a/],
  ['--network name=host,alias=a', /alias a/],
  ['--network bridge --network name=host,alias=x', /--network host.*alias x/],
  ['--network name=foo,alias=x --network-alias a', /--network-alias a.*name=foo/],
  ['--network name=foo,ip=1.2.3.4 --ip 1.2.3.5', /--ip 1\.2\.3\.5.*name=foo/],
  ['--network name=foo,ip6=::1 --ip6 ::2', /--ip6 ::2/],
  ['--network name=foo,mac-address=92:d0:c6:0a:29:33 --mac-address 92:d0:c6:0a:29:34', /--mac-address/],
  ['--network name=foo,link-local-ip=169.254.1.1 --link-local-ip 169.254.1.2', /--link-local-ip/],
  ['--restart always --rm', /--restart always/],
]
const conflicts = await both(CONFLICTS.map(([line]) => [...line.split(' '), 'image']))

describe('options that contradict each other', () => {
  test.each(CONFLICTS.map(([line, named], index) => [line, named, index] as const))(
    'options that contradict each other are refused by both: %s',
    (_, named, index) => {
      expect(conflicts[index]?.docker.create).toBeUndefined()
      expect(refusalOf(conflicts[index])).toMatch(named)
    },
  )
})

/**
 * What docker's client passes on, and the Engine then refuses or does otherwise than it reads: we refuse it before
 * that, with a reason.
 */
const STRICTER: readonly (readonly [words: readonly string[], why: RegExp])[] = [
  [['--name', 'a/b'], /a name consists of letters/],
  [['--name', 'x@1'], /--name %p-%i/],
  [['--tmpfs', 'data'], /must be absolute/],
  [['--volume', 'data'], /must be absolute/],
  [['--volume', 'data:x'], /must be absolute/],
  [['--volume', 'a:/data'], /at least two letters/],
  [['--mount', 'type=bind,dst=/x'], /needs a source/],
  [['--mount', 'src=,dst=/x'], /the field 'src' has no value/],
  [['--mount', 'type=bind,src= /a,dst=/x'], /the value of 'src' has blanks around it/],
  [['--mount', 'dst=/x,volume-label='], /the field 'volume-label' has no value/],
  [['--mount', 'dst=/x,volume-driver='], /the field 'volume-driver' has no value/],
  [['--ip', 'nope'], /for --ip: 'nope' is not an IPv4 address/],
  [['--ip', '010.0.0.5'], /for --ip: '010\.0\.0\.5' is not an IPv4 address/],
  [['--ip', '2001:db8::1'], /for --ip: '2001:db8::1' is not an IPv4 address/],
  [['--ip6', 'fe80::1%eth0'], /for --ip6: 'fe80::1%eth0' is not an IPv6 address/],
  [['--ip6', '::ffff:10.0.0.5'], /for --ip6: '::ffff:10\.0\.0\.5' is not an IPv6 address/],
  [['--ip6', '10.0.0.5'], /for --ip6: '10\.0\.0\.5' is not an IPv6 address/],
  [['--link-local-ip', 'nope'], /for --link-local-ip: 'nope' is not an IP address/],
  [['--network', 'name=a,ip=nope'], /"name=a,ip=nope" for --network: 'nope' is not an IPv4 address/],
  [['--network', 'name=a,ip6=nope'], /"name=a,ip6=nope" for --network: 'nope' is not an IPv6 address/],
  [['--network', 'name=a,link-local-ip=nope'], /for --network: 'nope' is not an IP address/],
  [['--name', '/w'], /at least two letters/],
  [['--mount', 'type=floppy,dst=/x'], /use one of bind/],
  [['--publish', 'target=80,hostip=127.0.0.1'], /hostip/],
  [['--cpus', '-1'], /use a number of CPUs/],
  [['--cpus', '99999999999'], /no host has so many/],
  [['--memory', '16384p'], /use a number of bytes/],
  [['--restart', 'always'], /systemd restarts the container/],
  [['--restart', 'no:3'], /systemd restarts the container/],
  [['--use-api-socket'], /logins/],
]
const stricter = await both(STRICTER.map(([words]) => [...words, 'image']))

describe('what has no place in a unit', () => {
  test.each(STRICTER.map(([words, why], index) => [words.join(' '), why, index] as const))(
    'what only the Engine would refuse, or what has no place in a unit, is refused here: %s',
    (_, why, index) => {
      expect(stricter[index]?.docker.create).toBeDefined()
      expect(refusalOf(stricter[index])).toMatch(why)
    },
  )
})
