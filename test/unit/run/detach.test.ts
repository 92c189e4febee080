import {describe, expect, test} from 'vitest'
import {detachmentOf} from '../../../src/run/detach.js'
import type {UnitCommand} from '../../../src/systemd/command.js'
import {recordingLog} from '../../../src/testing/recording-log.js'
import {thrownBy} from '../../support/thrown.js'

const ONESHOT: UnitCommand = {
  setting: 'ExecStart',
  type: 'oneshot',
  remains: true,
  isLast: true,
  pidFile: undefined,
  killMode: 'control-group',
  hasStopCommand: false,
}
const FORKING: UnitCommand = {...ONESHOT, type: 'forking', remains: false, hasStopCommand: true}
const NO_STOP =
  'warn: the unit has no ExecStop=, so systemd kills the container at once in a stop: set ExecStop=/usr/bin/docker stop NAME'

function detached(command: UnitCommand | undefined, pidFile?: string) {
  const {log, lines} = recordingLog()
  return {detachment: detachmentOf(command, pidFile, log), lines}
}

describe('--detach', () => {
  test.each([
    ['the last command of a oneshot that remains', ONESHOT, {role: 'service', isFollowed: false}],
    ['one before that', {...ONESHOT, isLast: false}, {role: 'service', isFollowed: true}],
    [
      'one before the last of a oneshot',
      {...ONESHOT, isLast: false, remains: false},
      {role: 'helper', isFollowed: true},
    ],
    ['Type=forking', FORKING, {role: 'service', isFollowed: false}],
    ['ExecStartPre=', {...ONESHOT, setting: 'ExecStartPre', type: 'notify'}, {role: 'helper', isFollowed: true}],
    ['ExecCondition=', {...ONESHOT, setting: 'ExecCondition', type: 'simple'}, {role: 'helper', isFollowed: true}],
    ['ExecStartPost=', {...ONESHOT, setting: 'ExecStartPost', type: 'simple'}, {role: 'helper', isFollowed: false}],
    ['ExecReload=', {...ONESHOT, setting: 'ExecReload', type: 'exec'}, {role: 'helper', isFollowed: false}],
  ])('--detach lets the command end in %s', (_, command, detachment) => {
    expect(detached(command)).toEqual({detachment, lines: []})
  })

  test.each(['simple', 'exec', 'idle', 'dbus', 'notify', 'notify-reload'])(
    '--detach has no effect in the main process of a unit of Type=%s, which would end with it',
    (type) => {
      expect(detached({...ONESHOT, type})).toEqual({detachment: undefined, lines: []})
    },
  )

  test('--detach has no effect where systemd does not say what the unit is, and that is said', () => {
    const lines = ["warn: systemd does not report the unit's Type=, so --detach has no effect"]
    expect(detached(undefined)).toEqual({detachment: undefined, lines})
  })

  test.each([
    [
      'the last command of a oneshot that does not remain',
      {...ONESHOT, remains: false},
      /; set RemainAfterExit=yes in/,
    ],
    ['ExecStop=', {...ONESHOT, setting: 'ExecStop'}, /systemd kills the container when ExecStop= has ended/],
    ['ExecStopPost=', {...ONESHOT, setting: 'ExecStopPost'}, /systemd kills the container when ExecStopPost= has/],
    [
      'a PIDFile= that nobody writes',
      {...FORKING, pidFile: '/run/x.pid'},
      /; set --pid-file \/run\/x.pid before `run`/,
    ],
  ])('--detach is refused with its mend in %s', (_, command, why) => {
    const error = thrownBy(() => detached(command))
    expect(error).toMatchObject({code: 'REFUSED_OPTION'})
    expect((error as Error).message).toMatch(/^option --detach is refused: /)
    expect((error as Error).message).toMatch(why)
  })

  test('--detach is taken with the PIDFile= that --pid-file writes, as systemd has it', () => {
    const command = {...FORKING, pidFile: '/run/x.pid'}
    for (const path of ['/run/x.pid', '/var/run/x.pid']) expect(detached(command, path).lines).toEqual([])
    expect(() => detached(command, '/run/y.pid')).toThrow('systemd waits for the file /run/x.pid of PIDFile=')
  })

  test('--detach warns of a unit whose container is killed at once in a stop', () => {
    expect(detached({...FORKING, hasStopCommand: false}).lines).toEqual([NO_STOP])
    expect(detached({...FORKING, hasStopCommand: false, killMode: 'none'}).lines).toEqual([])
    expect(detached({...ONESHOT, killMode: 'mixed'}).lines).toEqual([NO_STOP])
    expect(detached({...ONESHOT, killMode: 'mixed', hasStopCommand: true}).lines).toEqual([])
  })
})
