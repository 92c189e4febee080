import {onTestFinished} from 'vitest'
import type {Guest} from '../../../sandbox/guest.js'
import {until} from '../../../sandbox/until.js'
import {unique} from '../service/service.js'

const PATIENCE_MS = 30_000
const PROGRAM = '/opt/systemd-docker/test/fixtures/registry/registry.cjs'

/** How a registry of test/fixtures/registry treats who asks it. */
export type Manner = 'open' | 'packed' | 'password' | 'slow' | 'dying' | 'silent'

/** A registry on a host's loopback. */
export interface Registry {
  /** With its port. */
  readonly host: string
  /** What it has: busybox, and some ten megabytes. */
  readonly image: string
  /** A directory that goes with it. */
  readonly directory: string
}

/**
 * Starts a registry, which ends with the test, as do the images that came from it. `login` is the user and the password
 * that one with the manner `password` lets in.
 */
export async function startRegistry(guest: Guest, manner: Manner, login = ''): Promise<Registry> {
  const name = unique()
  const directory = `/run/${name}`
  await guest.run('sh', '-ec', 'mkdir $0; cd $0; docker save busybox | tar --extract', directory)
  onTestFinished(async () => {
    await guest.run('rm', '-r', directory)
  })
  await guest.write(`${directory}/login`, login)
  await guest.run('systemd-run', '--quiet', `--unit=${name}`, 'node', PROGRAM, directory, manner)
  onTestFinished(async () => {
    await guest.run('systemctl', 'stop', `${name}.service`)
  })
  const port = await until(PATIENCE_MS, async () => {
    const {status, stdout} = await guest.attempt(['cat', `${directory}/port`])
    return status === 0 ? stdout.trim() : undefined
  })
  const host = `127.0.0.1:${port}`
  onTestFinished(async () => {
    await guest.attempt(['sh', '-c', 'docker rmi --force $(docker images --quiet "$0/image")', host])
  })
  return {host, image: `${host}/image`, directory}
}

/** Whether the host has the image. */
export async function isHere(guest: Guest, image: string): Promise<boolean> {
  return (await guest.attempt(['docker', 'image', 'inspect', image])).status === 0
}
