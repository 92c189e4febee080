import {cached} from './cache.js'
import {output} from './command.js'
import type {HostKind, Suite} from './hosts.js'

const BUILD_TIMEOUT_MS = 600_000

/** The directory of a host's root file system, which every boot of that release shares and none changes. */
export async function rootFileSystem({suite, packages, oldest}: HostKind): Promise<string> {
  return await cached(suite, [suite, ...packages, JSON.stringify(oldest)], (path) => debian(suite, packages, path))
}

/**
 * Makes a directory with a minimal Debian and some packages, or with nothing but what is in these packages themselves.
 */
export async function debian(
  suite: Suite,
  packages: readonly string[],
  path: string,
  variant: 'minbase' | 'extract' = 'minbase',
): Promise<void> {
  await output(
    [
      'mmdebstrap',
      '--quiet',
      `--variant=${variant}`,
      '--format=directory',
      '--aptopt=Apt::Install-Recommends "false"',
      // What says which packages it has may lie unsigned anew for longer than it is valid.
      ...(suite === 'forky' ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
      `--include=${packages.join(',')}`,
      suite,
      path,
    ],
    {timeout: BUILD_TIMEOUT_MS},
  )
}
