/** The way into a booted host, as data, so that a test's worker process can be given it. */
export type WayIn =
  | {
      readonly by: 'nsenter'
      /** The PID of the host's systemd as this machine sees it. */
      readonly initPid: number
    }
  | {
      readonly by: 'ssh'
      /** Where an ssh that is connected to the host lets others share its connection (ssh_config(5), ControlPath). */
      readonly controlPath: string
    }

/** The command of this machine that runs a command in the host; input, output and status are that command's. */
export function enter(wayIn: WayIn, command: readonly string[]): string[] {
  switch (wayIn.by) {
    case 'nsenter':
      return ['nsenter', '--target', String(wayIn.initPid), '--all', ...command]
    case 'ssh':
      return [...ssh(wayIn.controlPath), '-T', 'host', lineOf(command)]
  }
}

/** As `enter`, for a command that has this process's terminal. */
export function enterWithTerminal(wayIn: WayIn, command: readonly string[]): string[] {
  return wayIn.by === 'nsenter'
    ? enter(wayIn, command)
    : [...ssh(wayIn.controlPath), '-t', '-q', 'host', lineOf(command)]
}

/** No file of this machine's user has a say, and a connection that is gone is an error and not made anew. */
function ssh(controlPath: string): string[] {
  return ['ssh', '-F', 'none', '-S', controlPath, '-o', 'ProxyCommand=false']
}

/** sshd hands one line to the user's shell. */
function lineOf(command: readonly string[]): string {
  return `exec ${command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')}`
}
