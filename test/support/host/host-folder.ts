import {dirname} from 'node:path'
import {onTestFinished} from 'vitest'
import type {Guest} from '../../../sandbox/guest.js'
import {unique} from '../service/service.js'

/**
 * A folder that a unit has as /etc/systemd-docker when `unit` is among its settings, so that no other unit of the host
 * has it.
 */
export interface HostFolder {
  readonly path: string
  readonly unit: Readonly<Record<string, string>>
}

/** Makes a folder with some files, and copies of directories of the project; both by their paths in it. */
export async function hostFolder(
  guest: Guest,
  files: Readonly<Record<string, string>>,
  copies: Readonly<Record<string, string>> = {},
): Promise<HostFolder> {
  const path = `/run/${unique()}`
  await guest.run('mkdir', path)
  onTestFinished(async () => {
    await guest.run('rm', '-r', path)
  })
  for (const [name, content] of Object.entries(files)) {
    await guest.run('mkdir', '-p', dirname(`${path}/${name}`))
    await guest.write(`${path}/${name}`, content)
  }
  for (const [name, source] of Object.entries(copies)) {
    await guest.run('mkdir', '-p', dirname(`${path}/${name}`))
    await guest.run('cp', '-r', `/opt/systemd-docker/${source}`, `${path}/${name}`)
  }
  return {path, unit: {BindReadOnlyPaths: `${path}:/etc/systemd-docker`}}
}

/** A folder in which npm has installed packages of the project, each by its name and where it is. */
export async function withPackages(
  guest: Guest,
  packages: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<HostFolder> {
  const dependencies = Object.fromEntries(Object.keys(packages).map((name) => [name, '*']))
  const copies = Object.entries(packages).map(([name, source]) => [`plugins/node_modules/${name}`, source])
  return await hostFolder(
    guest,
    {...files, 'plugins/package.json': JSON.stringify({dependencies})},
    Object.fromEntries(copies) as Record<string, string>,
  )
}
