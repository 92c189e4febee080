// What a process has used, as proc(5) has it; `read` gives the text of a file, of this machine or of a host.

/** Gives the text of a file. */
export type Read = (path: string) => Promise<string>

/** How many parts a second of processor time has in proc_pid_stat(5). */
const TICKS = 100

/** The processor time that a process has used so far, in user mode and in the kernel, in seconds. */
export async function cpuSeconds(read: Read, pid: number): Promise<number> {
  // Fields 14 and 15, counted from behind the name, which may have anything in it.
  const fields = (await read(`/proc/${String(pid)}/stat`)).replace(/^.*\) /s, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** The most memory that a process has had so far, in MiB (proc_pid_status(5), `VmHWM`). */
export async function peakMebibytes(read: Read, pid: number): Promise<number> {
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(await read(`/proc/${String(pid)}/status`))?.[1]) / 1024
}

/** How many bytes a process has written so far, to whatever (proc_pid_io(5), `wchar`). */
export async function writtenBytes(read: Read, pid: number): Promise<number> {
  return Number(/^wchar: (\d+)$/m.exec(await read(`/proc/${String(pid)}/io`))?.[1])
}
