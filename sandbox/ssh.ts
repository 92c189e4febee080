import {attempt} from './command.js'
import {until} from './until.js'
import type {WayIn} from './way-in.js'

/** How long the first command of a connection may take before another is tried. */
const ATTEMPT_TIMEOUT_S = 30

/**
 * Makes a connection as root to port `port` of 127.0.0.1, which is at home in this sandbox alone, as soon as there is an sshd. Its commands
 * share it; it ends when the other side does.
 */
export async function connect(milliseconds: number, port: number, key: string, controlPath: string): Promise<WayIn> {
  const words = [
    ...['-F', 'none', '-M', '-S', controlPath, '-f', '-N', '-i', key, '-p', String(port)],
    ...['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${String(ATTEMPT_TIMEOUT_S)}`, '-o', 'LogLevel=ERROR'],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    // Elliptic curves without a lattice beside them are cheaper where the processor is emulated.
    ...['-o', 'KexAlgorithms=curve25519-sha256', 'root@127.0.0.1'],
  ]
  await until(milliseconds, async () => ((await attempt(['ssh', ...words])).status === 0 ? true : undefined))
  return {by: 'ssh', controlPath}
}
