/** Picks one of several, by chance that a seed decides. */
export type Pick = <T>(choices: readonly T[]) => T

/** Chance that is the same for the same seed (mulberry32). */
export function pickBy(seed: number): Pick {
  let state = seed >>> 0
  return (choices) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    const chosen = choices[((mixed ^ (mixed >>> 14)) >>> 0) % choices.length]
    if (chosen === undefined) throw new Error('there is nothing to pick from')
    return chosen
  }
}

type Make = (pick: Pick) => string

const of =
  (...choices: readonly string[]): Make =>
  (pick) =>
    pick(choices)
/** Several of `parts`, in the order of the list, joined. */
const some =
  (joint: string, ...parts: readonly Make[]): Make =>
  (pick) =>
    parts
      .map((part) => (pick([true, false]) ? part(pick) : ''))
      .filter((part) => part !== '')
      .join(joint)

const NUMBER = of('0', '1', '7', '512', '1024', '0x10', '017', '0b101', '1_000', '+5', '100000')
const SIZE = of(
  '0',
  '512',
  '64m',
  '64M',
  '1g',
  '1.5g',
  '2GiB',
  '100kb',
  '1 g',
  '.5m',
  '1e3',
  '3b',
  '1t',
  '1_024k',
  '0.1g',
)
const DURATION = of('0', '5s', '1m30s', '1h', '500ms', '1.5s', '.5s', '100us', '2h45m', '1m0.25s', '+3s')
const NAME = of('web', 'db-1', 'a_b.c', 'Cache2', '/web')
const IPV4 = of('10.0.0.1', '192.168.1.254', '127.0.0.1', '0.0.0.0')
const PLAIN_IPV6 = of('::1', '2001:db8::1', 'FE80::1', '0:0:0:0:0:0:0:1', '2001:db8:0:0:1:0:0:1')
const IPV6: Make = (pick) => pick([PLAIN_IPV6(pick), PLAIN_IPV6(pick), '::ffff:10.0.0.1'])
const IP: Make = (pick) => pick([IPV4, IPV6])(pick)
const MAC = of(
  '92:d0:c6:0a:29:33',
  '92-D0-C6-0A-29-33',
  '92d0.c60a.2933',
  '92D0c60a2933',
  '02:42:ac:11:00:02:00:01',
  '0242ac1100020001',
)
const TARGET = of('/data', '/var/lib/x', '/a b', '/', '/etc/x/../y', '/srv/')
const PROTOCOL = of('', '/tcp', '/udp', '/sctp', '/TCP', '/')
const DEVICE = of('/dev/sda', '/dev/nvme0n1', '/dev/disk/by-id/x')
const PAIR: Make = (pick) =>
  `${pick(['a', 'com.example.x', 'A_1', 'x-y'])}${pick(['', '=', '=1', '=a=b', '=two words', '=a,b', '="q"', '=é'])}`

const port: Make = (pick) => {
  const first = pick([1, 22, 80, 443, 8080, 65_000])
  const wide = pick([0, 0, 0, 2, 9])
  const from = pick([1000, 8000, 30_000])
  const range = (start: number): string => (wide === 0 ? String(start) : `${String(start)}-${String(start + wide)}`)
  const host = pick(['', '', ':', `${range(from)}:`, `${String(from)}-${String(from + wide)}:`])
  if (host === '') return `${range(first)}${PROTOCOL(pick)}`
  if (pick([0, 0, 0, 1]) === 1) {
    const published = host === ':' ? '' : `published=${host.slice(0, -1)},`
    return `${published}target=${range(first)}${pick(['', ',protocol=udp', ',protocol=TCP', ',mode=host'])}`
  }
  const address = pick(['', '', `${IPV4(pick)}:`, `[${IPV6(pick)}]:`])
  return `${address}${host}${range(first)}${PROTOCOL(pick)}`
}

const volume: Make = (pick) => {
  const source = pick(['', '', 'data', 'my-vol_1.x', '/srv/x', './here', '.', '../up', '.hidden', '~/home', '/a b'])
  const target = TARGET(pick)
  if (source === '') return target
  return `${source}:${target}${pick(['', '', ':ro', ':rw', ':z', ':ro,Z', ':nocopy', ':rslave,ro', ':cached'])}`
}

const mount: Make = (pick) => {
  const common = [
    `${pick(['target', 'dst', 'destination', 'Target'])}=${TARGET(pick)}`,
    pick(['', '', 'readonly', 'ro', 'readonly=false', 'ro=1']),
  ]
  const source = (...choices: readonly string[]): string => `${pick(['source', 'src', 'SRC'])}=${pick(choices)}`
  const kinds: Record<string, () => string[]> = {
    bind: () => [
      'type=bind',
      source('/srv', './x', '..', '.', '/a b', '~/x'),
      pick([
        '',
        '',
        'bind-propagation=rslave',
        'bind-propagation=RShared',
        'bind-nonrecursive',
        'bind-nonrecursive=false',
        'bind-recursive=enabled',
        'bind-recursive=disabled',
        'consistency=cached',
      ]),
    ],
    readonlyBind: () => [
      'type=bind',
      source('/srv'),
      'readonly',
      pick(['bind-recursive=writable', 'bind-recursive=readonly,bind-propagation=rprivate']),
    ],
    volume: () => [
      pick(['type=volume', 'Type=VOLUME', '']),
      pick(['', source('data', './x', '/x')]),
      some(
        ',',
        of('volume-nocopy', 'volume-nocopy=true', 'volume-nocopy=0'),
        of('volume-driver=local'),
        of('volume-opt=type=nfs', '"volume-opt=o=addr=1.2.3.4,rw"', 'volume-opt=x'),
        of('volume-label=a=b', 'volume-label=c'),
        of('volume-subpath=a/b'),
      )(pick),
    ],
    tmpfs: () => [
      'type=tmpfs',
      some(
        ',',
        of('tmpfs-size=64m', 'tmpfs-size=1024', 'tmpfs-size=1.5g'),
        of('tmpfs-mode=1777', 'tmpfs-mode=0700', 'tmpfs-mode=0'),
      )(pick),
    ],
    image: () => ['type=image', source('busybox', 'busybox:1'), pick(['', 'image-subpath=bin'])],
  }
  const fields = [...common, ...pick(Object.values(kinds))()].filter((field) => field !== '')
  return fields.join(',')
}

const gpus: Make = (pick) =>
  pick([
    of('all', '2', '0', '-1', 'device=GPU-1', 'count=3', 'count=all'),
    some(
      ',',
      of('"device=0,1"', 'device=0'),
      of('driver=nvidia'),
      of('capabilities=utility', '"capabilities=compute,utility"'),
      of('options=a=b', '"options=a=b,c=d"'),
    ),
    () => 'all',
  ])(pick) || 'all'

const platform = of(
  ...'linux/amd64 linux linux/arm/v7 arm64 amd64 LINUX/x86_64 linux/aarch64 linux/armhf linux/armel linux/arm64/v8 linux/arm64/8 linux/arm/6 linux/i386 windows windows/amd64 macos/arm64 linux/amd64/v1 linux/amd64/v3 linux/arm64/7 riscv64 s390x a/b/c arm/v7 linux/riscv64/7 linux(1)/amd64'.split(
    ' ',
  ),
)

let cidFiles = 0

/**
 * Values that docker takes, by option. `--network` and what belongs to networks have their own below, because what goes
 * with what there depends on the whole line.
 */
export const VALUES: Readonly<Record<string, Make>> = {
  'add-host': (pick) =>
    `${pick(['db', 'a.b', 'h 1'])}${pick([':', '='])}${pick(['host-gateway', IPV4(pick), IPV6(pick), `[${IPV6(pick)}]`])}`,
  annotation: PAIR,
  attach: of('stdin', 'stdout', 'STDERR'),
  'blkio-weight': of('0', '10', '500', '1000', '0x20'),
  'blkio-weight-device': (pick) => `${DEVICE(pick)}:${pick(['0', '10', '1000', '0200'])}`,
  'cap-add': of('NET_ADMIN', 'sys_time', 'CAP_CHOWN', 'cap_kill', 'ALL', 'all', 'NET_RAW'),
  'cap-drop': of('ALL', 'all', 'MKNOD', 'cap_setuid', 'Net_Raw'),
  'cgroup-parent': of('x.slice', '/a/b', ''),
  cgroupns: of('host', 'private', ''),
  // Docker's client writes it, and takes none that is there.
  cidfile: () => `${String(++cidFiles)}.cid`,
  'cpu-period': NUMBER,
  'cpu-quota': of('-1', '50000', '0x10'),
  'cpu-rt-period': NUMBER,
  'cpu-rt-runtime': NUMBER,
  'cpu-shares': NUMBER,
  cpus: of(
    '0',
    '1',
    '1.5',
    '.5',
    '1.',
    '0.05',
    '2.50',
    '1.500000000000',
    '1e-3',
    '1/2',
    '010',
    '3e0',
    '0x2',
    '+1',
    '1_0',
    '0.000000001',
    '010/2',
  ),
  'cpuset-cpus': of('0-3', '0,1', ''),
  'cpuset-mems': of('0', ''),
  'detach-keys': of('ctrl-p,ctrl-q', 'a', ''),
  device: (pick) =>
    pick([
      of(
        '/dev/sda',
        '/dev/fuse:/dev/fuse:rwm',
        '/dev/snd:/dev/snd',
        '/dev/x:rw',
        '/dev/x:/dev/y:mr',
        '/dev/a/../b',
        '/dev/x/:/dev//y/',
        '/dev/net/tun',
      ),
      of('nvidia.com/gpu=all', 'vendor.com/class=name', 'a1.b/c-d=e:1', 'vendor/class=0'),
    ])(pick),
  'device-cgroup-rule': of('c 1:3 mr', 'a *:* rwm', 'b 8:* r', 'c 13:64 rwm'),
  'device-read-bps': (pick) => `${DEVICE(pick)}:${SIZE(pick)}`,
  'device-read-iops': (pick) => `${DEVICE(pick)}:${pick(['0', '1000', '010'])}`,
  'device-write-bps': (pick) => `${DEVICE(pick)}:${SIZE(pick)}`,
  'device-write-iops': (pick) => `${DEVICE(pick)}:${pick(['1', '99999'])}`,
  dns: (pick) => pick([IP(pick), ` ${IPV4(pick)} `]),
  'dns-opt': of('ndots:2', 'rotate', ''),
  'dns-option': of('ndots:2', 'timeout:1', ''),
  'dns-search': of('example.com', '.', 'a.b.', 'Xn--a.com', ' x.y ', '1a', 'a.1'),
  domainname: of('example.com', ''),
  entrypoint: of('/bin/sh', '', '["a","b"]', 'a b'),
  env: (pick) =>
    pick([
      PAIR(pick),
      'HOME',
      'SET_OUTSIDE',
      'NOT_SET',
      ' A=b',
      'A B=c',
      'HTTP_PROXY',
      'http_proxy=',
      'Http_Proxy=x',
      'no_proxy',
      'ALL_PROXY=x',
    ]),
  'env-file': of('variables.env', 'more.env'),
  expose: (pick) => `${pick(['80', '53', '8000-8003', '0'])}${pick(['', '/udp', '/TCP', '/foo', '/'])}`,
  gpus,
  'group-add': of('audio', '1000', ''),
  'health-cmd': of('true', 'curl -f http://localhost/ || exit 1', ''),
  'health-interval': DURATION,
  'health-retries': of('0', '3', '0x3', '+2'),
  'health-start-interval': DURATION,
  'health-start-period': DURATION,
  'health-timeout': DURATION,
  hostname: of('web', 'web.example.com', ''),
  ip: (pick) => pick([IPV4(pick), '']),
  ip6: (pick) => pick([PLAIN_IPV6(pick), '']),
  ipc: of('host', 'private', 'shareable', 'container:x', 'none', ''),
  isolation: of('default', ''),
  'kernel-memory': SIZE,
  label: of('a', 'a=', 'a=1', 'com.example.x=two words', 'x=a=b', 'traefik.http.routers.x.rule=Host(`a.b`)', 'a=é'),
  'label-file': of('labels', 'more.env'),
  link: of('db', 'db:alias', '/a:/b/c', 'a:'),
  'link-local-ip': of('169.254.1.1', 'fe80::1'),
  'log-driver': of('json-file', 'journald', 'local', 'syslog', ''),
  'log-opt': of('max-size=10m', 'max-file=3', 'tag', 'labels=a,b', 'x=a=b', ''),
  'mac-address': (pick) => pick([MAC(pick), '']),
  memory: SIZE,
  'memory-reservation': SIZE,
  'memory-swap': (pick) => pick(['-1', SIZE(pick)]),
  'memory-swappiness': of('0', '60', '100', '-1', '0x10'),
  mount,
  name: NAME,
  net: of('bridge', 'host', 'none', 'container:x', 'default', 'mine'),
  'net-alias': of('a', 'b'),
  network: of('bridge', 'host', 'none', 'container:x', 'default', 'mine', 'name=mine,alias=a', 'name='),
  'network-alias': of('a', 'b'),
  'oom-score-adj': of('0', '-1000', '500', '0x10'),
  pid: of('host', 'container:x', ''),
  'pids-limit': of('0', '-1', '100'),
  platform,
  publish: port,
  pull: of('always', 'missing', 'never', ''),
  restart: of('no', ''),
  runtime: of('runc', 'io.containerd.runc.v2', ''),
  'security-opt': of(
    ...'no-new-privileges no-new-privileges:true no-new-privileges=false apparmor=unconfined apparmor:x label=disable label:type:x label=level:s0:c1,c2 seccomp=unconfined seccomp:unconfined seccomp=builtin seccomp=seccomp.json seccomp:./seccomp.json systempaths=unconfined systempaths:unconfined x=y'.split(
      ' ',
    ),
  ),
  'shm-size': SIZE,
  'stop-signal': of('SIGQUIT', '9', ''),
  'stop-timeout': of('0', '-1', '30', '0x1e', '017'),
  'storage-opt': of('size=10G', 'a=', 'a=b=c'),
  sysctl: of('net.ipv4.ip_forward=1', 'net.x=', 'kernel.shmmax=1', 'kernel.sem=1 2 3 4', 'fs.mqueue.msg_max=a=b'),
  tmpfs: of('/run', '/run:size=64m', '/run:rw,noexec,mode=1777', '/a:b:c'),
  ulimit: (pick) =>
    `${pick(['nofile', 'core', 'memlock', 'nproc', 'rttime'])}=${pick(['1', '0', '-1', '1024:4096', '5:-1', '010', '+7', '-5'])}`,
  user: of('1000', 'www-data:1000', ''),
  userns: of('host', ''),
  uts: of('host', ''),
  volume,
  'volume-driver': of('local', ''),
  'volumes-from': of('data', 'data:ro', ''),
  workdir: of('/srv', 'relative', ''),
}

/** Options that docker's client has from 29 on, and 28 does not know. */
export const SINCE_29: readonly string[] = ['umask']

/** The words of networks that go together. */
export function networkWords(pick: Pick): string[] {
  const option = pick(['--network', '--net'])
  const own = pick(['bridge', 'host', 'none', 'default', 'container:x'])
  const fields = (name: string): string =>
    [
      `name=${name}`,
      some(
        ',',
        of('alias=a', 'alias=A,alias=b'),
        (p) => `driver-opt=${p(['a=b', 'C=D', 'x='])}`,
        (p) => `gw-priority=${p(['0', '5', '-3'])}`,
      )(pick),
    ]
      .filter((field) => field !== '')
      .join(',')
  const addressed = (name: string): string =>
    [
      fields(name),
      some(
        ',',
        (p) => `ip=${IPV4(p)}`,
        (p) => `ip6=${PLAIN_IPV6(p)}`,
        (p) => `mac-address=${MAC(p)}`,
        of('link-local-ip=169.254.1.9'),
      )(pick),
    ]
      .filter((field) => field !== '')
      .join(',')
  const ofFirst = (): string[] =>
    ['ip', 'ip6', 'mac-address', 'link-local-ip'].flatMap((name) =>
      pick([0, 0, 1]) === 1 ? [`--${name}`, VALUES[name]?.(pick) ?? ''] : [],
    )
  const aliases = (): string[] => pick([[], ['--network-alias', 'c'], ['--net-alias', 'c', '--network-alias', 'd']])
  return pick([
    () => [],
    () => ofFirst(),
    () => [option, own],
    () => [option, own, ...ofFirst()],
    () => [option, 'mine', ...ofFirst(), ...aliases()],
    () => [option, fields('mine'), ...ofFirst()],
    () => [option, addressed('mine')],
    () => [option, 'mine', option, addressed('Other'), ...ofFirst(), ...aliases()],
    () => [option, addressed('mine'), '--network', 'third', option, addressed('other')],
    () => ['--network', 'host', '--network', 'bridge'],
  ])()
}
