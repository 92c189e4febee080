import {kernelText} from './kernel-text.js'
import {findProcess, type HostProcess} from './process.js'

/**
 * The process of this host that is the init of a container, of which the Engine has told the PID. `gone` where there is
 * no such process, as it has just ended or the PID is that of another PID namespace; `elsewhere` where there is one and
 * it is not the container's.
 *
 * Docker Desktop, an Engine in a container or behind a socket of another machine, and `PrivatePIDs=` (systemd.exec(5))
 * count PIDs of their own. What is the container's is in a cgroup that has its id or, once it was moved, has mounts of
 * the files that the Engine keeps for that id, such as /etc/hostname (proc_pid_mountinfo(5)).
 */
export async function findInit(
  {id, pid}: {readonly id: string; readonly pid: number},
  procRoot = '/proc',
): Promise<HostProcess | 'gone' | 'elsewhere'> {
  const process = findProcess(pid, procRoot)
  for (const file of ['cgroup', 'mountinfo']) {
    if (kernelText(`${procRoot}/${String(pid)}/${file}`).includes(id)) return process
  }
  return (await process.isThere()) ? 'elsewhere' : 'gone'
}
