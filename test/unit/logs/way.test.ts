import {describe, expect, test} from 'vitest'
import type {Detachment} from '../../../src/pipeline/contract.js'
import {wayBeforehand, wayInSight, type SaidWay} from '../../../src/logs/way.js'

const unit = {name: 'web.service', manager: 'system'} as const
const users = {...unit, manager: 'user'} as const
const service: Detachment = {role: 'service', isFollowed: false}
const helper: Detachment = {role: 'helper', isFollowed: true}
const stays = {unit, handover: false, detached: undefined}
const handedOver = {...stays, handover: true}

describe('the way of the output before the Engine is asked', () => {
  test.each([
    ['a run that stays and is told nothing has yet to see', true, stays, undefined],
    ['a run that stays outside of a unit has yet to see', true, {...stays, unit: undefined}, undefined],
    ["a run that hands over has the Engine's", true, handedOver, 'journal'],
    ["a run that is detached as a service has the Engine's", true, {...stays, detached: service}, 'journal'],
    ['a run beside the main process has none', true, {...stays, detached: helper}, false],
    [
      "a run beside the main process that says the Engine's has that",
      'journal',
      {...stays, detached: helper},
      'journal',
    ],
    ["a detached run in a user's unit has none", true, {...stays, unit: users, detached: service}, false],
    ['a run that says none has none', false, handedOver, false],
    ['a run that says its own has that', 'stream', stays, 'stream'],
    ["a run that says the Engine's has that", 'journal', stays, 'journal'],
  ] as const)('%s', (_, said, around, way) => {
    expect(wayBeforehand(said, around)).toBe(way)
  })

  test.each([
    [
      'stream',
      handedOver,
      'option --logs=stream is refused: systemd-docker forwards the output, and does not stay with --handover; set --logs=journal',
    ],
    [
      'stream',
      {...stays, detached: service},
      'option --logs=stream is refused: systemd-docker forwards the output, and does not stay with --detach; set --logs=journal',
    ],
    ['stream', {...stays, detached: helper}, 'option --logs=stream is refused: '],
    [
      'journal',
      {...stays, unit: users},
      "option --logs=journal is refused: in a user's unit, only root can write to the journal under the unit's name; set --logs=false and read the output with `docker logs`",
    ],
    [
      true,
      {...handedOver, unit: users},
      "option --handover is refused: in a user's unit, only root can write to the journal under the unit's name; set --logs=false as well and read the output with `docker logs`",
    ],
  ] satisfies [SaidWay, typeof stays | object, string][])('--logs=%s is refused with %j', (said, around, words) => {
    expect(() => wayBeforehand(said, {...stays, ...around})).toThrow(words)
  })
})

describe('the way of the output of a run that stays', () => {
  const journald = {unit, outputs: 'both', driver: 'journald', isUnderUnit: true} as const

  test.each([
    ['the Engine writes to another log', undefined, {...journald, driver: 'json-file'}, 'stream', false],
    ['nobody says what the Engine does', undefined, {...journald, driver: undefined}, 'stream', false],
    ['the Engine writes to the journal', undefined, journald, 'journal', false],
    ['the unit writes elsewhere', undefined, {...journald, outputs: 'none'}, 'stream', false],
    ['standard error goes to a file', undefined, {...journald, outputs: 'one'}, 'stream', true],
    ['the Engine writes under another name', undefined, {...journald, isUnderUnit: false}, 'stream', true],
    ["it is a user's unit", undefined, {...journald, unit: users}, 'stream', true],
    ['there is no unit', undefined, {...journald, unit: undefined}, 'stream', false],
    ['the line says so', 'stream', journald, 'stream', true],
    ['the line says so and the unit writes elsewhere', 'stream', {...journald, outputs: 'none'}, 'stream', false],
  ] as const)('where %s (--logs=%s)', (_, said, seen, way, isTwice) => {
    expect(wayInSight(said, seen)).toEqual({way, isTwice})
  })
})
