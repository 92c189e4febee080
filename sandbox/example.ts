import {readFile} from 'node:fs/promises'
import type {Guest} from './guest.js'

/** The first unit file that the README shows, which is the one that every reader tries first. */
export async function readmeUnit(): Promise<string> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const [, unit] = /```ini\n(\[Unit\][^`]*)```/.exec(readme) ?? []
  if (unit === undefined) throw new Error('README.md shows no unit file')
  return unit
}

/** Makes the README's unit the host's nginx.service. */
export async function writeNginxUnit(guest: Guest): Promise<void> {
  await guest.write('/etc/systemd/system/nginx.service', await readmeUnit())
  await guest.run('systemctl', 'daemon-reload')
}
