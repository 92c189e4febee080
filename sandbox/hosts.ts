/** A kind of host that the product is tried on. */
export interface HostKind {
  readonly name: 'debian13-v2' | 'debian12-v1' | 'debian13-vm'
  /** Debian's release. */
  readonly suite: 'trixie' | 'bookworm'
  /** Whether systemd runs on cgroup v2 alone, or on cgroup v1. */
  readonly unified: boolean
  readonly packages: readonly string[]
  /** How many times as long as on this machine itself things may take. */
  readonly slowness: number
}

/** libatomic1 and libstdc++6 are for the machine's own Node, which is lent to the hosts. */
const COMMON = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'docker.io',
  'iproute2',
  'busybox-static',
  'procps',
  'curl',
  'libatomic1',
  'libstdc++6',
]

/** systemd 257 with Docker 26.1 on cgroup v2, and systemd 252 with Docker 20.10 on cgroup v1. */
export const HOST_KINDS: readonly HostKind[] = [
  {name: 'debian13-v2', suite: 'trixie', unified: true, packages: [...COMMON, 'docker-cli', 'nodejs'], slowness: 1},
  {name: 'debian12-v1', suite: 'bookworm', unified: false, packages: COMMON, slowness: 1},
]

/** The Debian 13 of `HOST_KINDS` with a kernel of its own, whose cgroup v2 has controllers; its processor is emulated. */
export const VIRTUAL_MACHINE: HostKind = {
  name: 'debian13-vm',
  suite: 'trixie',
  unified: true,
  packages: [...COMMON, 'docker-cli', 'linux-image-cloud-amd64', 'initramfs-tools', 'udev', 'kmod', 'openssh-server'],
  slowness: 10,
}
