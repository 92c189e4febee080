import {expect, test} from 'vitest'
import {takeOffRestartPolicy} from '../../../src/lifecycle/restart-policy.js'
import {ProcessSignals} from '../../../src/lifecycle/signals.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const container = {id: 'abc', name: 'web'}
const policy = {name: 'on-failure', retries: 3}

/** What the Engine was told, by one that fails from the given request on. */
function taking(failsFrom: number) {
  const {log, lines} = recordingLog()
  const set: string[] = []
  const engine = fakeEngine({
    setRestartPolicy: (id, {name, retries}) => {
      set.push(`${id} ${name} ${String(retries)}`)
      return set.length < failsFrom ? Promise.resolve() : Promise.reject(new Error('no such cgroup'))
    },
  })
  const stop = new ProcessSignals()
  return {set, lines, stop, take: () => takeOffRestartPolicy({engine, log, stop}, container, policy)}
}

test('a restart policy is taken off with a warning, and put back as it was when the run fails', async () => {
  const {set, lines, take} = taking(Infinity)
  const taken = await take()
  expect(set).toEqual(['abc no 0'])
  expect(lines).toEqual([
    'warn: the restart policy of container web was on-failure and is set to no, because systemd restarts the container (set Restart= in the unit)',
  ])
  await taken?.putBack()
  expect(set).toEqual(['abc no 0', 'abc on-failure 3'])
})

test('a restart policy that cannot be changed is warned of, and fails nothing', async () => {
  const never = taking(1)
  expect(await never.take()).toBeUndefined()
  expect(never.lines).toEqual([
    'warn: the restart policy of container web is on-failure and cannot be set to no, so Docker may start it although the unit has ended: no such cgroup',
  ])
  const later = taking(2)
  await (await later.take())?.putBack()
  expect(later.lines.at(-1)).toBe('warn: the restart policy of container web stays no: no such cgroup')
})

test('a restart policy is left to a run that is stopped meanwhile', async () => {
  const {lines, stop, take} = taking(1)
  stop.take('SIGTERM')
  await expect(take()).rejects.toThrow('stopped by SIGTERM')
  expect(lines).toEqual([])
})
