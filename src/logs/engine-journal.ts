import {RefusedOptionError} from '../errors.js'
import type {FoundContainer, Host, RunHooks} from '../pipeline/contract.js'
import {JOURNALD} from './way.js'

/**
 * The field by which journald takes an entry of root's for that of a unit (systemd.journal-fields(7),
 * `OBJECT_SYSTEMD_UNIT=`).
 */
const UNIT_FIELD = 'OBJECT_SYSTEMD_UNIT'

/** What every log driver takes, and those of the journald driver (Docker, daemon/logger). */
const OPTIONS = new Set([
  ...['tag', 'labels', 'labels-regex', 'env', 'env-regex'],
  ...['mode', 'max-buffer-size', 'cache-disabled', 'cache-max-size', 'cache-max-file', 'cache-compress'],
])

/**
 * The Engine writes to the journal itself, under the unit's name (Docker, journald logging driver: labels become
 * fields), with what the line says of that driver besides. A line that says another driver is refused where the way was
 * asked for, and wins where it was not, as nobody of ours stays.
 */
export function engineJournal(
  {unit, engine, log}: Pick<Host, 'unit' | 'engine' | 'log'>,
  isAskedFor: boolean,
): Partial<RunHooks> {
  let isOurs = false
  let there: FoundContainer | undefined
  return {
    async resolve({request: {body}, signal}) {
      const {LogConfig} = body.HostConfig
      const {Type, Config} = LogConfig
      const isJoined =
        Type === JOURNALD || (Type === '' && (isAskedFor || Object.keys(Config).every((key) => OPTIONS.has(key))))
      if (!isJoined && isAskedFor)
        throw new RefusedOptionError(
          `--log-driver ${Type}`,
          `with --logs=journal the container's output is written by the driver ${JOURNALD}; leave --log-driver out, or set --logs=stream`,
        )
      if (!isJoined && unit !== undefined)
        log.info(
          `the journal has no output of the container, because ${Type === '' ? '--log-opt' : `--log-driver ${Type}`} is set and systemd-docker does not stay to forward it`,
        )
      isOurs = isJoined && (unit !== undefined || isAskedFor)
      if (!isOurs) return
      const isHosts = (await engine.info(signal).catch(() => undefined))?.logDriver === JOURNALD
      signal.throwIfAborted()
      LogConfig.Type = JOURNALD
      // What the host says of its own driver holds where the line says nothing.
      LogConfig.Config = {
        ...(isHosts ? {} : {tag: '{{.Name}}'}),
        ...Config,
        ...(unit === undefined ? {} : unitField(Config, isHosts)),
      }
      if (unit !== undefined) body.Labels[UNIT_FIELD] = unit.name
    },
    reconcile({found}) {
      there = found
    },
    create() {
      there = undefined
    },
    start() {
      if (there !== undefined && isOurs && !isUnderUnit(there, unit))
        log.warn(
          `the journal has no output of container ${there.name} under the unit, because it was created otherwise (--on-drift=replace recreates it)`,
        )
    },
    describe: () =>
      isOurs ? ["let the Engine write the container's output to the journal, under the unit's name"] : [],
  }
}

/** Whether the Engine writes the output of a container that is there to the journal, under that unit. */
export function isUnderUnit({logDriver, labels}: FoundContainer, unit: Host['unit']): boolean {
  return logDriver === JOURNALD && (unit === undefined || labels?.[UNIT_FIELD] === unit.name)
}

/**
 * By which the label becomes a field. What the line says replaces what daemon.json says of the same, and that may be
 * `labels`.
 */
function unitField(
  {labels, 'labels-regex': regex}: Readonly<Record<string, string>>,
  isHosts: boolean,
): Record<string, string> {
  if (labels !== undefined) return {labels: `${labels},${UNIT_FIELD}`}
  if (!isHosts) return {labels: UNIT_FIELD}
  return {'labels-regex': regex === undefined ? `^${UNIT_FIELD}$` : `(?:${regex})|^${UNIT_FIELD}$`}
}
