import type {TestProject} from 'vitest/node'
import {dockerClient} from '../../sandbox/docker-client.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of docker's own client. */
    dockerClient: string
  }
}

/** Fetches docker's own client before the first test, where the cache has none. */
export default async function setUp(project: TestProject): Promise<void> {
  const {path, version} = await dockerClient()
  console.error(`sandbox: docker's client ${version}`)
  project.provide('dockerClient', path)
}
