import {readFile, readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, test} from 'vitest'
import {stopMoments} from '../../src/lifecycle/stop-container.js'
import * as limits from '../../src/limits.js'
import {deadlineFrom} from '../../src/systemd/deadline.js'

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url))
/** What a run goes through, and what it calls that waits. */
const PARTS_OF_A_RUN = /^(?:main\.ts|timing\.ts|(?:run|plugins|lifecycle|placement|pipeline|systemd)\/.*\.ts)$/

test('a time of a run stands in src/limits.ts and nowhere else', async () => {
  const files = (await readdir(SOURCE, {recursive: true})).filter((file) => PARTS_OF_A_RUN.test(file))
  expect(files.length).toBeGreaterThan(50)
  const elsewhere: string[] = []
  for (const file of files) {
    const text = await readFile(join(SOURCE, file), 'utf8')
    const named = [...text.matchAll(/\bconst \w+_(?:MS|SHARE|STARTS|SECONDS) = .*/g)].map(([line]) => line)
    const nameless = [...text.matchAll(/\b(?:sleep|withTimeout|AbortSignal\.timeout)\(\d.*/g)].map(([line]) => line)
    elsewhere.push(...[...named, ...nameless].map((line) => `${file}: ${line}`))
  }
  expect(elsewhere).toEqual([])
})

test.each(Object.entries(limits))('%s is a time or a share of one: %d', (name, value) => {
  expect(value).toBeGreaterThan(0)
  if (name.endsWith('_MS')) expect(Number.isInteger(value)).toBe(true)
  else if (name.endsWith('_SHARE')) expect(value).toBeLessThan(1)
  else expect(name).toMatch(/_(?:STARTS|ENDINGS)$/)
})

describe('until the container is ready', () => {
  test('tries of an Engine become rarer', () => {
    expect(limits.START_RETRY_FIRST_MS).toBeLessThan(limits.START_RETRY_MOST_MS)
  })

  test('a pull that stands still is given up before systemd gives up the unit, which hears of it more often than that', () => {
    expect(limits.PULL_STATUS_MS).toBeLessThan(limits.PULL_STANDSTILL_MS)
    expect(limits.PULL_STANDSTILL_MS).toBeLessThan(limits.PULL_EXTENSION_MS)
  })

  test('a hook that moves the container may finish that before it is left to itself', () => {
    expect(limits.MOVE_FINISH_MS).toBeLessThan(limits.HOOK_ABORT_MS)
  })

  test('a hook that does not heed the stop leaves time to undo the run, and so may one thing of it take all of it', () => {
    expect(limits.HOOK_ABORT_MS).toBeLessThan(limits.UNWIND_MS)
    expect(limits.UNDO_MS).toBeLessThanOrEqual(limits.UNWIND_MS)
  })
})

describe('while the container runs', () => {
  test('what comes after an end is waited for longer than what comes with it', () => {
    expect(limits.CUT_MS).toBeLessThan(limits.SEQUEL_MS)
  })

  test('an Engine that is away is tried to the last of four questions at least once before the exit status is given up', () => {
    expect(limits.OUTAGE_RETRY_FIRST_MS).toBeLessThan(limits.OUTAGE_RETRY_MOST_MS)
    expect(limits.OUTAGE_RETRY_MOST_MS + 4 * limits.OUTAGE_ANSWER_MS).toBeLessThan(limits.OUTAGE_AFTER_END_MS)
  })
})

describe('in a stop', () => {
  const SECONDS = [0.1, 1, 2, 5, 11.9, 12, 15, 90, 3600]
  const SLOWNESS = [0, 50, 200, 1000, 30_000]
  const STOPS = SECONDS.flatMap((seconds) => SLOWNESS.map((slowness) => [seconds, slowness] as const))

  test.each(STOPS)(
    'a stop within %d s, on a host that takes %d ms to start a program, leaves more after the kill than without the Engine, and more then than for its own end',
    (seconds, slowness) => {
      const deadline = deadlineFrom(0, seconds * 1000, slowness)
      const {at, leave} = deadline ?? {at: NaN, leave: NaN}
      const {kill, giveUp} = stopMoments({at, limit: seconds * 1000, leave})
      expect(at).toBe(seconds * 1000)
      expect([at, leave, giveUp, kill].toSorted((one, other) => one - other)).toEqual([kill, giveUp, leave, at])
      expect(new Set([at, leave, giveUp, kill]).size).toBe(4)
      expect(kill).toBeGreaterThanOrEqual(at / 2)
    },
  )

  test('an Engine that hangs from the beginning is done without before the container would be killed', () => {
    for (const [seconds, slowness] of STOPS) {
      const limit = seconds * 1000
      const {kill} = stopMoments(deadlineFrom(0, limit, slowness) ?? {at: 0, limit: 0, leave: 0})
      expect(Math.min(limits.HANGS_MS, limit * limits.HANGS_SHARE)).toBeLessThan(kill)
    }
  })

  test('a unit with time for it leaves, after the Engine is given up, what a container init may take to die', () => {
    expect((limits.KILLED_MS - limits.ENDING_MS) / 2).toBeGreaterThanOrEqual(limits.INIT_KILL_MS)
    expect(limits.INIT_LOOK_MS).toBeLessThan(limits.INIT_KILL_MS)
  })

  test('a hurried kill that the Engine does not answer is done without it before systemd kills', () => {
    expect(limits.HURRIED_KILL_MS).toBeLessThan(limits.KILLED_MS)
  })

  test('hooks have less time over a container that was ended without the Engine than this process keeps for its own end', () => {
    expect(limits.HOOK_WITHOUT_ENGINE_MS).toBeLessThan(limits.ENDING_MS)
    expect(limits.HOOK_WITHOUT_ENGINE_MS).toBeLessThan(limits.HOOK_AFTER_MS)
  })
})

test('finish asks systemd again sooner than systemd is given up', () => {
  expect(limits.STOP_ASKED_RETRY_MS).toBeLessThan(limits.SYSTEMCTL_ANSWER_MS)
})

test('finish gives a pid file up sooner than the plugin whose it is', () => {
  expect(limits.PID_FILE_REMOVAL_MS).toBeLessThan(limits.HOOK_AFTER_MS)
})
