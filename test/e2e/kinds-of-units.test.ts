import {describe, expect, test} from 'vitest'
import {hostsNamed} from '../support/host/hosts.js'
import {containers, defineService} from '../support/service/service.js'

const TWO = hostsNamed('debian13-v2', 'debian-forky')
/** Where no Engine is. */
const NOWHERE = {Environment: 'DOCKER_HOST=unix:///run/no-engine.sock'}

describe.each(TWO)('an Engine that is away, on $name', ({guest}) => {
  test('an Engine that is away fails a unit without a start timeout in a bounded time, which the journal tells at once', async () => {
    const line = 'run --rm --name %n busybox true'
    const [job, service, patient] = await Promise.all([
      defineService(guest, `--engine-timeout 1s ${line}`, {...NOWHERE, Type: 'oneshot', TimeoutStartSec: 'infinity'}),
      defineService(guest, `--engine-timeout 1s ${line}`, {...NOWHERE, TimeoutStartSec: '0'}),
      defineService(guest, line, {...NOWHERE, Type: 'oneshot', TimeoutStartSec: '0'}),
    ])
    const waiting = patient.start()
    const ends = await Promise.all([job.start(), service.start()])
    expect(ends.map(({status}) => status)).toEqual([1, 1])
    for (const one of [job, service]) {
      await one.says(/^waiting up to 1 s for the Docker Engine at unix:\/\/\/run\/no-engine.sock: .*ENOENT/)
      await one.says(/^cannot reach the Docker Engine at unix:/)
      expect(await one.show('Result', 'ExecMainStatus')).toEqual({Result: 'exit-code', ExecMainStatus: '125'})
      expect(await containers(guest, `name=${one.name}`)).toEqual([])
    }
    await patient.says(/^waiting up to 60 s for the Docker Engine at unix:/)
    expect(await patient.show('ActiveState')).toEqual({ActiveState: 'activating'})
    await patient.stop()
    await waiting
  })
})
