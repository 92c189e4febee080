import {once} from 'node:events'
import {describe, expect, test} from 'vitest'
import {prepareNative, prepareStream} from '../../../src/logs/open-entries.js'
import type {EntryWords} from '../../../src/logs/priority/parse.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {hookContext, pluginHost} from '../../../src/testing/plugin-host.js'
import {openReceiver} from '../../support/datagram-receiver.js'
import {inspection} from '../../support/engine/inspection.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()
const SAID: EntryWords = {stderrPriority: undefined, levelFrom: undefined, multiline: undefined}
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
    const open = await prepareNative(
      host,
      {...SAID, stderrPriority: 'err'},
      {env: 'STAGE', tag: '{{.Name}}-{{.ID}}', labels: 'team'},
      inTemp('socket'),
    )
    const {context, undos} = hookContext()
    const outlet = await open(CONTAINER, context)
    outlet.stdout.write('one\n<4>tw')
    outlet.stderr.write('three\n')
    await outlet.flush?.()
    const tag = 'web-c0ffeec0ffee'
    const fields = `STAGE=live\nSYSLOG_IDENTIFIER=${tag}\nCONTAINER_ID=c0ffeec0ffee\nCONTAINER_ID_FULL=c0ffeec0ffeec0ffee\nCONTAINER_NAME=web\nCONTAINER_TAG=${tag}\nIMAGE_NAME=registry/web\n`
    expect([1, 2, 3].map(() => journald.receive().bytes.toString())).toEqual([
      `${fields}PRIORITY=6\nMESSAGE=one\n`,
      `${fields}PRIORITY=3\nMESSAGE=three\n`,
      `${fields}PRIORITY=4\nMESSAGE=tw\n`,
    ])
    expect(lines).toEqual([
      'warn: labels and variables of the container are not in the journal, because they are too many or too long: TEAM',
    ])
    expect(undos.map(({label}) => label)).toEqual(['let go of the journal'])
    await undos[0]?.undo()
  })

  test('drops what it has not written once it is given up', async () => {
    const journald = openReceiver(inTemp('socket'))
    const open = await prepareNative(pluginHost({engine}).host, SAID, {}, inTemp('socket'))
    const outlet = await open(CONTAINER, hookContext().context)
    const broken = once(outlet.stdout, 'error')
    // More than the socket takes.
    outlet.stdout.write('line\n'.repeat(20_000))
    outlet.giveUp?.()
    expect(await broken).toMatchObject([{message: 'the journal does not take it'}])
    const received = (): number => {
      try {
        return journald.receive().length
      } catch {
        return 0
      }
    }
    while (received() > 0);
    await outlet.flush?.()
    expect(received()).toBe(0)
  })

  test('is refused where there is no journal, and for what the line says wrong', async () => {
    const {host} = pluginHost()
    await expect(prepareNative(host, SAID, {}, inTemp('nowhere'))).rejects.toMatchObject({
      code: 'REFUSED_OPTION',
      message: `option --logs=native is refused: the journal cannot be reached at ${inTemp('nowhere')}: ENOENT: connect; is systemd-journald.socket active?`,
    })
    openReceiver(inTemp('socket'))
    for (const [words, options] of [
      [SAID, {tag: '{{.Hostname}}'}],
      [{...SAID, stderrPriority: 'loud'}, {}],
    ] as [EntryWords, Record<string, string>][])
      await expect(prepareNative(host, words, options, inTemp('socket'))).rejects.toMatchObject({code: 'BAD_VALUE'})
  })
})

describe("an outlet that writes to the unit's own outputs", () => {
  test.each([
    [{stderrPriority: 'err'}, ['--stderr-priority'], '--stderr-priority has no effect on standard error'],
    [
      {stderrPriority: 'err', levelFrom: 'json'},
      ['--stderr-priority', '--log-level-from'],
      '--stderr-priority and --log-level-from have no effect on standard output and standard error',
    ],
  ] as [Partial<EntryWords>, string[], string][])(
    'is those themselves where they are not the journal, and says so: %j',
    async (words, options, said) => {
      const {host, lines} = pluginHost()
      const open = await prepareStream(host, {...SAID, ...words}, options)
      const {stdout, stderr, flush} = await open(CONTAINER, hookContext().context)
      expect([stdout, stderr, flush]).toEqual([process.stdout, process.stderr, undefined])
      expect(lines).toEqual([`warn: ${said}, because that is not the journal`])
    },
  )

  test('is refused for what the line says wrong', async () => {
    await expect(prepareStream(pluginHost().host, {...SAID, levelFrom: 'xml'}, [])).rejects.toMatchObject({
      code: 'BAD_VALUE',
    })
  })
})
