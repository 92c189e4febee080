import {describe, expect, test} from 'vitest'
import {imageStores} from '../helpers/image-stores.js'
import {isHere, startRegistry} from '../helpers/registry.js'
import {containers, defineService} from '../helpers/service.js'

/** Docker 20.10 and 26.1 try a layer five times in some fifty seconds, and we wait for a minute. */
const DEATH_TIMEOUT_MS = 180_000

const STORES = imageStores()

describe.each(STORES)('a registry that leaves us in the middle of a layer on $name', ({host}) => {
  // Both take about a minute, and so they go side by side.
  test(
    'fails the start in words: when it dies with those of the Engine, and when it is silent after a minute',
    {timeout: DEATH_TIMEOUT_MS},
    async () => {
      const guest = host()
      const dying = await startRegistry(guest, 'dying')
      const silent = await startRegistry(guest, 'silent')
      const ends = [
        {registry: dying, words: '.*EOF.*'},
        {registry: silent, words: 'nothing has arrived for 60 seconds'},
      ].map(async ({registry, words}) => {
        const service = await defineService(guest, `run --rm --name %n ${registry.image} true`, {TimeoutStartSec: '5'})
        const {status} = await guest.attempt(['systemctl', 'start', service.name], {timeout: DEATH_TIMEOUT_MS})
        expect(status).toBe(1)
        await service.says(new RegExp(`^cannot pull image ${registry.image}: ${words}; check the name`))
        expect(await service.show('Result', 'ExecMainStatus')).toEqual({Result: 'exit-code', ExecMainStatus: '125'})
        expect(await containers(guest, `name=${service.name}`)).toEqual([])
        expect(await isHere(guest, registry.image)).toBe(false)
      })
      await Promise.all(ends)
    },
  )
})
