import {expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {containerdStore} from '../support/host/image-stores.js'
import {startRegistry} from '../support/host/registry.js'
import {defineService} from '../support/service/service.js'

/** Longer than we wait for an Engine that tells of nothing. */
const UNPACKING_S = 70
const START_TIMEOUT_MS = 180_000
/** containerd leaves unpacking to these, where they are on its PATH. */
const UNPACKERS = ['/usr/local/bin/igzip', '/usr/local/bin/unpigz']

const {name, host} = containerdStore()

test(
  `a layer that takes over a minute to unpack starts on ${name}, and systemctl status says how long it takes`,
  {timeout: START_TIMEOUT_MS},
  async () => {
    const guest = host()
    for (const unpacker of UNPACKERS) {
      await guest.write(unpacker, `#!/bin/sh\nsleep ${String(UNPACKING_S)}\nexec gzip -dc\n`)
      await guest.run('chmod', '755', unpacker)
    }
    const {image} = await startRegistry(guest, 'packed')
    const service = await defineService(guest, `run --rm --name %n ${image} sleep 1000`, {TimeoutStartSec: '5'})
    const started = guest.attempt(['systemctl', 'start', service.name], {timeout: START_TIMEOUT_MS})
    await until(START_TIMEOUT_MS, async () =>
      /^Unpacking 127\.0\.0\.1:\d+\/image \([1-9]\d* s\)$/.test((await service.show('StatusText')).StatusText)
        ? true
        : undefined,
    )
    expect((await started).status, (await service.journal()).join('\n')).toBe(0)
    expect(await service.show('ActiveState')).toEqual({ActiveState: 'active'})
  },
)
