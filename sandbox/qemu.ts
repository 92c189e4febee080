import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {createInterface} from 'node:readline'
import {until} from './until.js'

const SNAPSHOT_TIMEOUT_MS = 120_000
/** Nehalem is what Debian and V8 need and no more: newer instructions are slow to emulate. */
const MACHINE = [
  ...['-accel', 'tcg,thread=multi', '-cpu', 'Nehalem', '-smp', '2', '-m', '2048'],
  ...['-machine', 'q35,memory-backend=ram', '-nodefaults', '-display', 'none', '-no-reboot'],
  ...['-kernel', 'kernel', '-initrd', 'initrd'],
  ...['-append', 'console=ttyS0 root=/dev/vda rw quiet net.ifnames=0 panic=-1 mitigations=off'],
  ...['-nic', 'user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:0-:22', '-device', 'virtio-rng-pci'],
]

/** What a snapshot of a machine rests on, for a cache's recipe. */
export const MACHINE_RECIPE: readonly string[] = MACHINE

/** The drives of a machine by their paths, and where its serial console is written to. */
export interface Drives {
  /** The second drive, which the machine cannot write to. Its size must be what it was when a snapshot was taken. */
  readonly project: string
  readonly console: string
}

/** A running machine. It does not outlive this process. */
export interface Qemu {
  /** The port of 127.0.0.1 that is the machine's port 22. */
  readonly sshPort: number
  /** Writes memory and devices to the machine's directory and ends it. */
  save(): Promise<void>
  end(): Promise<void>
}

/** Starts a machine anew from the `kernel`, the `initrd` and the `disk` in a directory, which it writes to. */
export async function start(directory: string, drives: Drives): Promise<Qemu> {
  return await run(directory, drives, ['share=on', 'snapshot=off'], [])
}

/**
 * Goes on with the machine that was saved in a directory. Nothing there is written to: memory is mapped privately, page
 * by page as it is needed, and writes to the disk go to a file that qemu makes and unlinks.
 */
export async function resume(directory: string, drives: Drives): Promise<Qemu> {
  return await run(directory, drives, ['share=off', 'snapshot=on'], ['-S', '-incoming', 'defer'], async (command) => {
    await command('migrate-incoming', {uri: 'exec:cat state'})
    await migrated(command)
    await command('cont')
  })
}

type Command = (name: string, words?: Readonly<Record<string, unknown>>) => Promise<unknown>

async function run(
  directory: string,
  {project, console: serial}: Drives,
  [memory, disk]: readonly [string, string],
  options: readonly string[],
  prepare: (command: Command) => Promise<void> = () => Promise.resolve(),
): Promise<Qemu> {
  const child = spawn(
    'setpriv',
    [
      '--pdeathsig=KILL',
      'qemu-system-x86_64',
      ...MACHINE,
      ...['-object', `memory-backend-file,id=ram,size=2048M,mem-path=memory,${memory}`],
      ...['-drive', `file=disk,format=raw,if=virtio,${disk}`],
      ...['-drive', `file=${project},format=raw,if=virtio,readonly=on`],
      ...['-serial', `file:${serial}`, '-qmp', 'stdio'],
      ...options,
    ],
    {cwd: directory, stdio: 'pipe'},
  )
  const said: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  const ended = once(child, 'exit')
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    const command = commands(child, () => Buffer.concat(said).toString())
    await command('qmp_capabilities')
    // Memory is a file already, so the snapshot leaves it out (Kata Containers' templates do the same).
    const capability = {capability: 'x-ignore-shared', state: true}
    await command('migrate-set-capabilities', {capabilities: [capability]})
    await prepare(command)
    const usernet = await command('human-monitor-command', {'command-line': 'info usernet'})
    const [, port] = /HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(String(usernet)) ?? []
    if (port === undefined) throw new Error(`qemu forwards no port: ${String(usernet)}`)
    const save = async (): Promise<void> => {
      await command('stop')
      await command('migrate', {uri: 'exec:cat >state'})
      await migrated(command)
      await command('quit')
      await ended
    }
    return {sshPort: Number(port), save, end}
  } catch (error) {
    await end()
    throw error
  }
}

/** Waits until what was asked of qemu's migration has been done. */
async function migrated(command: Command): Promise<void> {
  await until(SNAPSHOT_TIMEOUT_MS, async () => {
    const {status} = (await command('query-migrate')) as {readonly status?: string}
    if (status === 'failed') throw new Error('qemu could not save or load its state')
    return status === 'completed' ? true : undefined
  })
}

/** qemu's QMP, which answers one command after the other with a line of JSON; the lines in between are events. */
function commands(
  {stdin, stdout}: {readonly stdin: NodeJS.WritableStream; readonly stdout: NodeJS.ReadableStream},
  said: () => string,
): Command {
  const waiting: {readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void}[] = []
  let isOver = false
  const lines = createInterface({input: stdout})
  lines.on('line', (line) => {
    const answer = JSON.parse(line) as {readonly return?: unknown; readonly error?: {readonly desc: string}}
    if (answer.error !== undefined) waiting.shift()?.reject(new Error(`qemu: ${answer.error.desc}`))
    else if (answer.return !== undefined) waiting.shift()?.resolve(answer.return)
  })
  lines.on('close', () => {
    isOver = true
    for (const {reject} of waiting) reject(new Error(`qemu ended: ${said()}`))
  })
  stdin.on('error', () => undefined)
  return (name, words = {}) =>
    new Promise((resolve, reject) => {
      if (isOver) {
        reject(new Error(`qemu ended: ${said()}`))
        return
      }
      waiting.push({resolve, reject})
      stdin.write(`${JSON.stringify({execute: name, arguments: words})}\n`)
    })
}
