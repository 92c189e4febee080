import {describe, expect, test} from 'vitest'
import {prepareNative} from '../../../src/logs/open-entries.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {hookContext, pluginHost} from '../../../src/testing/plugin-host.js'
import {openReceiver} from '../../support/datagram-receiver.js'
import {inspection} from '../../support/engine/inspection.js'
import {useTempDirectory} from '../../support/temp-directory.js'
import {thrownBy} from '../../support/thrown.js'

const inTemp = useTempDirectory()
const CONTAINER = {id: 'c0ffeec0ffeec0ffee', tty: false}
const engine = fakeEngine({
  inspect: () =>
    Promise.resolve(
      inspection({imageName: 'registry/web', labels: {team: 'x'.repeat(40_000)}, environment: ['STAGE=live']}),
    ),
})

describe('an outlet that writes to the journal natively', () => {
  test("has each line with the container's fields, and what is held of one in the end", async () => {
    const journald = openReceiver(inTemp('socket'))
    const {host, lines} = pluginHost({engine})
    const open = prepareNative(host, {env: 'STAGE', tag: '{{.Name}}-{{.ID}}', labels: 'team'}, inTemp('socket'))
    const {context, undos} = hookContext()
    const outlet = await open(CONTAINER, context)
    outlet.stdout.write('one\n<4>tw')
    outlet.stderr.write('three\n')
    await outlet.flush?.()
    const tag = 'web-c0ffeec0ffee'
    const fields = `STAGE=live\nSYSLOG_IDENTIFIER=${tag}\nCONTAINER_ID=c0ffeec0ffee\nCONTAINER_ID_FULL=c0ffeec0ffeec0ffee\nCONTAINER_NAME=web\nCONTAINER_TAG=${tag}\nIMAGE_NAME=registry/web\n`
    expect([1, 2, 3].map(() => journald.receive().bytes.toString())).toEqual([
      `${fields}PRIORITY=6\nMESSAGE=one\n`,
      `${fields}PRIORITY=6\nMESSAGE=three\n`,
      `${fields}PRIORITY=4\nMESSAGE=tw\n`,
    ])
    expect(lines).toEqual([
      'warn: labels and variables of the container are not in the journal, because they are too many or too long: team',
    ])
    expect(undos.map(({label}) => label)).toEqual(['let go of the journal'])
    await undos[0]?.undo()
  })

  test('is refused where there is no journal, and for what the line says wrong', () => {
    const {host} = pluginHost()
    expect(thrownBy(() => prepareNative(host, {}, inTemp('nowhere')))).toMatchObject({
      code: 'REFUSED_OPTION',
      message: `option --logs=native is refused: the journal cannot be reached at ${inTemp('nowhere')}: ENOENT: connect; is systemd-journald.socket active?`,
    })
    openReceiver(inTemp('socket'))
    expect(thrownBy(() => prepareNative(host, {tag: '{{.Hostname}}'}, inTemp('socket')))).toMatchObject({
      code: 'BAD_VALUE',
    })
  })
})
