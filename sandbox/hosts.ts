/** A release of Debian. */
export type Suite = 'forky' | 'trixie' | 'bookworm'

/** A kind of host that the product is tried on. */
export interface HostKind {
  readonly name:
    | 'debian-forky'
    | 'debian13-v2'
    | 'debian13-v2-bare'
    | 'debian13-v2-cgroupfs'
    | 'debian12-v2'
    | 'debian12-v1'
    | 'debian13-vm'
    | 'debian-forky-podman'
  /** Debian's release. */
  readonly suite: Suite
  /** Whether systemd runs on cgroup v2 alone, or on cgroup v1. */
  readonly unified: boolean
  readonly packages: readonly string[]
  /** By package, the version that docs/placement.md names: one that is installed must not be older. */
  readonly oldest: Readonly<Record<string, string>>
  /** What the Engine is configured with, beside what every host's is. */
  readonly daemonJson: Readonly<Record<string, unknown>>
  /** Whether `systemd-docker setup` was run. */
  readonly isSetUp: boolean
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

/** For an Engine that a user runs without root. */
const ROOTLESS = ['rootlesskit', 'slirp4netns', 'uidmap', 'dbus-user-session', 'libpam-systemd', 'iptables']

/** Debian's next release, which changes from week to week. */
const DEBIAN_FORKY = {
  suite: 'forky',
  packages: [...COMMON, 'docker-cli'],
  oldest: {systemd: '262', 'docker.io': '28.5.2', containerd: '2.1.9', runc: '1.3.6'},
  daemonJson: {},
  slowness: 1,
} as const
const DEBIAN_13 = {
  suite: 'trixie',
  packages: [...COMMON, ...ROOTLESS, 'docker-cli', 'nodejs'],
  oldest: {systemd: '257', 'docker.io': '26.1'},
  daemonJson: {},
  slowness: 1,
} as const
const DEBIAN_12 = {
  suite: 'bookworm',
  packages: COMMON,
  oldest: {systemd: '252', 'docker.io': '20.10'},
  daemonJson: {},
  slowness: 1,
} as const

/** Every kind of host; they differ in how a container can come into its unit's cgroup. */
export const HOST_KINDS: readonly HostKind[] = [
  {...DEBIAN_13, name: 'debian13-v2', unified: true, isSetUp: true},
  {...DEBIAN_13, name: 'debian13-v2-bare', unified: true, isSetUp: false},
  {
    ...DEBIAN_13,
    name: 'debian13-v2-cgroupfs',
    unified: true,
    isSetUp: false,
    daemonJson: {'exec-opts': ['native.cgroupdriver=cgroupfs']},
  },
  {...DEBIAN_FORKY, name: 'debian-forky', unified: true, isSetUp: true},
  {...DEBIAN_12, name: 'debian12-v2', unified: true, isSetUp: true},
  {...DEBIAN_12, name: 'debian12-v1', unified: false, isSetUp: false},
]

/** The newest of `HOST_KINDS` with podman beside Docker, which benchmarks compare with. */
export const WITH_PODMAN: HostKind = {
  ...DEBIAN_FORKY,
  name: 'debian-forky-podman',
  packages: [...DEBIAN_FORKY.packages, 'podman', 'crun', 'netavark'],
  unified: true,
  isSetUp: true,
}

/**
 * The Debian 13 of `HOST_KINDS` with a kernel of its own, whose cgroup v2 has controllers; its processor is emulated.
 */
export const VIRTUAL_MACHINE: HostKind = {
  name: 'debian13-vm',
  suite: 'trixie',
  unified: true,
  oldest: DEBIAN_13.oldest,
  packages: [...COMMON, 'docker-cli', 'linux-image-cloud-amd64', 'initramfs-tools', 'udev', 'kmod', 'openssh-server'],
  daemonJson: {},
  isSetUp: true,
  slowness: 10,
}
