import {spawn} from 'node:child_process'

/** What a command left. */
export interface Result {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** How to run a command. */
export interface CommandOptions {
  readonly input?: string | Buffer
  /** In milliseconds; a command that takes longer is killed and fails. */
  readonly timeout?: number
  readonly env?: NodeJS.ProcessEnv
}

/**
 * Runs a command and returns what it left, whatever its status.
 *
 * @throws an error with what it had printed when it takes too long, or ends by a signal
 */
export function attempt(
  command: readonly string[],
  {input = '', timeout = 60_000, env = process.env}: CommandOptions = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const [program = '', ...words] = command
    const child = spawn(program, words, {env, stdio: 'pipe'})
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    const printed = (): string => Buffer.concat([...stderr, ...stdout]).toString()
    // In a host the command is a child of the one that is killed here: it lives on and holds the pipes.
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy()
      reject(new Error(`${command.join(' ')} did not end within ${String(timeout)} ms: ${printed()}`))
    }, timeout)
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (signal !== null) reject(new Error(`${command.join(' ')} was ended by ${signal}: ${printed()}`))
      else
        resolve({status: code ?? 0, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString()})
    })
  })
}

/** Runs a command that must succeed, and returns its output. */
export async function output(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const {status, stdout, stderr} = await attempt(command, options)
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${String(status)}: ${stderr || stdout}`)
  return stdout
}
