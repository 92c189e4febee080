import {describe, expect, test} from 'vitest'
import {hostFolder} from '../support/host/host-folder.js'
import {EACH_RELEASE} from '../support/host/hosts.js'
import {containers, defineService} from '../support/service/service.js'

/** A plugin that throws where nobody can catch it, so many milliseconds after a phase. */
const thrower = (phase: string, milliseconds: number): string =>
  `export default {name: 'thrower', options: {}, setup: () => ({${phase}() { setTimeout(() => { throw new Error('boom') }, ${String(milliseconds)}) }})}`

describe.each(EACH_RELEASE)('what is thrown where nobody catches it, on $name', ({guest}) => {
  test.each([
    ['before the container is there', 'resolve', 0],
    ['while the container runs', 'ready', 500],
  ])(
    'an error that nobody catches ends the unit with 125 and one line, and leaves nothing: %s',
    async (_, phase, milliseconds) => {
      const {unit} = await hostFolder(guest, {
        'thrower.mjs': thrower(phase, milliseconds),
        'config.yaml': 'plugins: {thrower: {from: /etc/systemd-docker/thrower.mjs}}\n',
      })
      const service = await defineService(guest, '--pid-file /run/%n.pid run --rm --name %n busybox sleep 1000', unit)
      await service.start()
      await service.says('uncaught boom; this is a defect in systemd-docker, please report it')
      await service.reaches({ActiveState: 'failed', ExecMainStatus: '125'})
      expect((await service.journal()).join('\n')).not.toMatch(/ {4}at /)
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
      expect((await guest.attempt(['ls', `/run/${service.name}.pid`])).status).toBe(2)
    },
  )
})
