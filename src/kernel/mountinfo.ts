/** A mounted file system as this process sees it (proc(5), `/proc/[pid]/mountinfo`). */
export interface MountPoint {
  /** The directory of the file system that is mounted; not `/` for a part of it. */
  readonly root: string
  readonly mountPoint: string
  readonly type: string
  /** The options of the file system, as opposed to the mount's. For cgroup v1 they name the controllers. */
  readonly superOptions: readonly string[]
}

/** What is in the lines of cgroup hierarchies; the kernel writes no space within a field. */
export const OF_CGROUPS = / - cgroup2? /

/**
 * Reads the text of a mountinfo file, as far as its lines match: a host has several mounts for each of its containers.
 *
 * @param wanted a part of those lines, as they are written
 */
export function parseMountinfo(text: string, wanted: RegExp): MountPoint[] {
  return text.split('\n').flatMap((line) => {
    if (!wanted.test(line)) return []
    const [before, after] = line.split(' - ')
    const [, , , root, mountPoint] = before?.split(' ') ?? []
    const [type, , superOptions] = after?.split(' ') ?? []
    if (root === undefined || mountPoint === undefined || type === undefined) return []
    return [
      {root: unescape(root), mountPoint: unescape(mountPoint), type, superOptions: superOptions?.split(',') ?? []},
    ]
  })
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescape(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
