import {describe, expect, test} from 'vitest'
import {isOlder} from '../../src/docker/api-version.js'
import {RUN_OPTIONS} from '../../src/docker/run-options/table.js'
import {prepareCreation} from '../../src/lifecycle/create-container.js'
import {fakeEngine} from '../../src/testing/fake-engine.js'
import {both, requestsOf, type Pair} from './both.js'

/**
 * Lines that need a newer Engine than that of Docker 20.10, with API 1.41; `docker` is whether docker's own client
 * refuses them too, or sends on what the Engine then passes over. What docker has only from 29 on says what is sent.
 */
const LINES: readonly {line: string; api: string; docker: 'refuses' | 'sends'; since29?: object}[] = [
  {line: '--annotation a=b', api: '1.43', docker: 'refuses'},
  {line: '--health-start-interval 5s', api: '1.44', docker: 'refuses'},
  {line: '--mac-address 92:d0:c6:0a:29:33', api: '1.44', docker: 'refuses'},
  {line: '--network name=a,mac-address=92:d0:c6:0a:29:33', api: '1.44', docker: 'refuses'},
  {
    line: '--mount type=bind,src=/a,dst=/b,ro,bind-recursive=readonly,bind-propagation=rprivate',
    api: '1.44',
    docker: 'refuses',
  },
  {
    line: '--mount type=bind,src=/a,dst=/b,bind-create-src',
    api: '1.42',
    docker: 'refuses',
    since29: {Mounts: [{Type: 'bind', Source: '/a', Target: '/b', BindOptions: {CreateMountpoint: true}}]},
  },
  {line: '--umask 0027', api: '1.56', docker: 'refuses', since29: {Umask: 0o27}},
  {line: '--mount type=volume,src=a,dst=/b,volume-subpath=x', api: '1.45', docker: 'sends'},
  {line: '--mount type=image,src=a,dst=/b', api: '1.48', docker: 'sends'},
  {line: '--network name=a,gw-priority=3', api: '1.48', docker: 'sends'},
]
const words = LINES.map(({line}) => [...line.split(' '), 'image'])
const onFloor = await both(words, {api: '1.41'})
const onNewest = await both(words)

async function refusal({ours}: Pair, api: string): Promise<string | undefined> {
  if (ours instanceof Error) throw ours
  try {
    const {needs = [], ...order} = ours
    const engine = fakeEngine({apiVersion: () => Promise.resolve(api)})
    await prepareCreation({...order, needs}, engine, new AbortController().signal)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe.each(LINES.map((row, index) => ({...row, index})))('$line', (row) => {
  test('the option is refused by name for an Engine that is too old', async () => {
    const pair = onFloor[row.index]
    if (pair === undefined) throw new Error('it was not recorded')
    expect(await refusal(pair, '1.41')).toMatch(row.line.split(' ', 1)[0] ?? '')
    const oneBefore = `1.${String(Number(row.api.slice(2)) - 1)}`
    expect(await refusal(pair, oneBefore)).toContain(`needs an Engine with API ${row.api}`)
    expect(pair.docker.create === undefined ? 'refuses' : 'sends').toBe(row.docker)
  })

  test(`the option is taken for an Engine that has it, ${row.since29 === undefined ? 'and docker sends the same' : 'as docker sends it from 29 on'}`, async () => {
    const pair = onNewest[row.index]
    if (pair === undefined) throw new Error('it was not recorded')
    expect(await refusal(pair, row.api)).toBeUndefined()
    if (row.since29 !== undefined) {
      expect(pair.ours).toMatchObject({request: {body: {HostConfig: row.since29}}})
      return
    }
    const {docker, ours} = requestsOf(pair)
    expect(ours).toEqual(docker)
  })
})

test('every option with a version of its own in the table is tried here', () => {
  const versioned = Object.entries(RUN_OPTIONS).filter(([, {since}]) => since !== undefined)
  for (const [name, {since = ''}] of versioned) {
    expect(LINES).toContainEqual(
      expect.objectContaining({line: expect.stringContaining(`--${name} `) as unknown, api: since}),
    )
    expect(isOlder('1.41', since)).toBe(true)
  }
})
