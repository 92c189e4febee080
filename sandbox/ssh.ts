import {attempt} from './command.js'
import {until} from './until.js'
import type {WayIn} from './way-in.js'

/** An sshd that is about to come up may take a connection and never answer, so another is tried after this time. */
const ATTEMPT_TIMEOUT_S = 30

/**
 * Connects as root to an sshd behind a port of 127.0.0.1, for which it waits so many milliseconds at most. All commands
 * share the one connection, and it ends when the machine does.
 */
export async function connect(milliseconds: number, port: number, key: string, controlPath: string): Promise<WayIn> {
  const words = [
    ...['-F', 'none', '-M', '-S', controlPath, '-f', '-N', '-i', key, '-p', String(port)],
    ...['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${String(ATTEMPT_TIMEOUT_S)}`, '-o', 'LogLevel=ERROR'],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    // Elliptic curves without a lattice beside them are cheaper where the processor is emulated.
    ...['-o', 'KexAlgorithms=curve25519-sha256', 'root@127.0.0.1'],
  ]
  await until(milliseconds, async () =>
    (await attempt(['ssh', ...words], {timeout: milliseconds})).status === 0 ? true : undefined,
  )
  return {by: 'ssh', controlPath}
}
