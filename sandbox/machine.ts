import {chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {cached} from './cache.js'
import {output} from './command.js'
import {DAEMON_JSON, Guest} from './guest.js'
import type {HostKind} from './hosts.js'
import {makeEmptyDrive} from './project-drive.js'
import {MACHINE_RECIPE, start} from './qemu.js'
import {debian} from './rootfs.js'
import {connect} from './ssh.js'

const BOOT_TIMEOUT_MS = 600_000
const DISK_SIZE = '4G'
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** What the emulated processor must not be kept busy with, and no test looks at. */
const MASKED = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'fstrim.timer',
  'systemd-tmpfiles-clean.timer',
  'systemd-pstore.service',
  'getty@tty1.service',
  'serial-getty@ttyS0.service',
]
const FILES: Readonly<Record<string, string>> = {
  '/etc/docker/daemon.json': JSON.stringify(DAEMON_JSON),
  '/etc/fstab': '/dev/vda / ext4 noatime 0 0\n',
  // Without PAM a command comes into no session of its own, and so does not wait for logind.
  '/etc/ssh/sshd_config': `UsePAM no
UseDNS no
PermitRootLogin prohibit-password
MaxSessions 100
SetEnv PATH=${PATH} LANG=C.UTF-8 TERM=dumb
`,
  // The address is the one that qemu's network forwards to.
  '/etc/systemd/system/address.service': `[Unit]
Before=ssh.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip address add 10.0.2.15/24 dev eth0
ExecStart=ip link set eth0 up
[Install]
WantedBy=multi-user.target
`,
}

/**
 * The directory of a machine that has booted, with its images loaded, and was saved in that instant: `disk`, `memory`
 * and `state`, its `kernel` and `initrd`, and the private `key` to it. Making it takes minutes.
 */
export async function savedMachine(kind: HostKind, images: readonly string[]): Promise<string> {
  const recipe = [
    await output(['qemu-system-x86_64', '--version']),
    ...MACHINE_RECIPE,
    kind.suite,
    ...kind.packages,
    process.version,
    JSON.stringify([FILES, MASKED, DISK_SIZE]),
    ...images,
  ]
  return await cached(kind.name, recipe, async (path) => {
    await mkdir(path)
    await makeDisk(kind, path)
    await bootAndSave(kind, images, path)
  })
}

async function makeDisk({suite, packages}: HostKind, path: string): Promise<void> {
  const tree = await mkdtemp(join(tmpdir(), 'machine-'))
  try {
    await debian(suite, packages, tree)
    await output(['sh', '-ec', 'mv $0/boot/vmlinuz-* $1/kernel; mv $0/boot/initrd.img-* $1/initrd', tree, path])
    await output(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'sandbox', '-f', join(path, 'key')])
    await mkdir(join(tree, 'root/.ssh'), {recursive: true, mode: 0o700})
    await copyFile(join(path, 'key.pub'), join(tree, 'root/.ssh/authorized_keys'))
    for (const [name, content] of Object.entries(FILES)) {
      await mkdir(dirname(join(tree, name)), {recursive: true})
      await writeFile(join(tree, name), content)
    }
    await copyFile(process.execPath, join(tree, 'usr/local/bin/node'))
    await chmod(join(tree, 'usr/local/bin/node'), 0o755)
    await mkdir(join(tree, 'opt/bin'))
    await mkdir(join(tree, 'opt/systemd-docker'))
    await symlink('/opt/systemd-docker/bin/run.cjs', join(tree, 'opt/bin/systemd-docker'))
    await output(['systemctl', `--root=${tree}`, 'enable', 'address.service'])
    await output(['systemctl', `--root=${tree}`, 'mask', ...MASKED])
    const disk = join(path, 'disk')
    await output(['mke2fs', '-q', '-t', 'ext4', '-O', '^has_journal', '-d', tree, disk, DISK_SIZE])
  } finally {
    await rm(tree, {recursive: true, force: true})
  }
}

async function bootAndSave(kind: HostKind, images: readonly string[], path: string): Promise<void> {
  const project = join(path, 'empty')
  await makeEmptyDrive(project)
  const qemu = await start(path, {project, console: join(path, 'console')})
  try {
    const guest = new Guest(
      kind,
      await connect(BOOT_TIMEOUT_MS, qemu.sshPort, join(path, 'key'), join(path, 'connection')),
    )
    await guest.attempt(['systemctl', 'is-system-running', '--wait'])
    for (const image of images) await guest.load(image)
    await guest.run('sync')
    await qemu.save()
  } finally {
    await qemu.end()
  }
}
