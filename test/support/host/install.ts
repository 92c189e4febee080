import {onTestFinished} from 'vitest'
import type {Guest} from '../../../sandbox/guest.js'
import {unique} from '../service/service.js'

/** A copy of the program in the host with nothing beside it that npm would have had to build. Its directory. */
export async function installBare(guest: Guest): Promise<string> {
  const directory = `/opt/${unique()}`
  await guest.run('mkdir', directory)
  onTestFinished(async () => {
    await guest.run('rm', '-r', directory)
  })
  const parts = ['bin', 'dist', 'package.json', 'oclif.manifest.json'].map((part) => `/opt/systemd-docker/${part}`)
  await guest.run('cp', '-r', ...parts, directory)
  return directory
}
