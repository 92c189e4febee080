import {expect, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {imageStores} from '../support/host/image-stores.js'
import {isHere, startRegistry, type Registry} from '../support/host/registry.js'
import {containers, defineService} from '../support/service/service.js'

/** Docker 20.10 and 26.1 try a layer five times in some fifty seconds, and we wait for a minute. */
const DEATH_TIMEOUT_MS = 180_000

const STORES = imageStores()

/** A start that fails, in these words. */
async function failsToStart(guest: Guest, {image}: Registry, words: string): Promise<void> {
  const service = await defineService(guest, `run --rm --name %n ${image} true`, {TimeoutStartSec: '5'})
  const {status} = await guest.attempt(['systemctl', 'start', service.name], {timeout: DEATH_TIMEOUT_MS})
  expect(status).toBe(1)
  await service.says(new RegExp(`^cannot pull image ${image}: ${words}; check the name`))
  expect(await service.show('Result', 'ExecMainStatus')).toEqual({Result: 'exit-code', ExecMainStatus: '125'})
  expect(await containers(guest, `name=${service.name}`)).toEqual([])
  expect(await isHere(guest, image)).toBe(false)
}

// Each takes about a minute of waiting, and so all hosts and both manners go side by side.
test(
  `a registry that leaves us in the middle of a layer fails the start in words, when it dies with those of the Engine, when it is silent after a minute, on ${STORES.map(({name}) => name).join(', ')}`,
  {timeout: DEATH_TIMEOUT_MS},
  async () => {
    const starts: (() => Promise<void>)[] = []
    for (const {host} of STORES) {
      const guest = host()
      const dying = await startRegistry(guest, 'dying')
      const silent = await startRegistry(guest, 'silent')
      starts.push(
        () => failsToStart(guest, dying, '.*EOF.*'),
        () => failsToStart(guest, silent, 'no data has arrived for 60 seconds'),
      )
    }
    await Promise.all(starts.map((start) => start()))
  },
)
