import {fstatSync} from 'node:fs'
import {isJournal} from '../log.js'
import {propertiesOf} from './properties.js'
import type {UnitName} from './unit.js'

const OUTPUTS = {
  stdout: {descriptor: 1, property: 'StandardOutput'},
  stderr: {descriptor: 2, property: 'StandardError'},
} as const
const INFO = 6

/** What a line of a unit's output is to journald. */
export interface SyslogProperties {
  /** Whether an `<N>` before it is its priority (systemd.exec(5), `SyslogLevelPrefix=`). */
  readonly takesPrefix: boolean
  /** The priority of one without (systemd.exec(5), `SyslogLevel=`). */
  readonly level: number
  /** Which outputs of this process are streams to the journal. */
  readonly isJournal: Readonly<Record<keyof typeof OUTPUTS, boolean>>
}

/** Asks systemd; where it does not answer, and outside of a unit, the defaults hold. */
export async function syslogProperties(
  unit: UnitName | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
  signal: AbortSignal,
): Promise<SyslogProperties> {
  const asked = ['SyslogLevelPrefix', 'SyslogLevel', 'StandardOutput', 'StandardError'] as const
  const properties = unit === undefined ? {} : ((await propertiesOf(unit, asked, signal)) ?? {})
  const isStream = (output: keyof typeof OUTPUTS): boolean => {
    const {descriptor, property} = OUTPUTS[output]
    if (env['JOURNAL_STREAM'] !== undefined) return isJournal(env, descriptor)
    // sudo takes the variable away.
    const {[property]: said = ''} = properties
    const where = said === 'inherit' ? (properties.StandardOutput ?? '') : said
    return /^(?:journal|kmsg)/.test(where) && isSocket(descriptor)
  }
  return {
    takesPrefix: properties.SyslogLevelPrefix !== 'no',
    level: /^[0-7]$/.test(properties.SyslogLevel ?? '') ? Number(properties.SyslogLevel) : INFO,
    isJournal: {stdout: isStream('stdout'), stderr: isStream('stderr')},
  }
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket()
  } catch {
    // It is closed.
    return false
  }
}
