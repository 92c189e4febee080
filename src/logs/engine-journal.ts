import {RefusedOptionError} from '../errors.js'
import type {RunHooks} from '../pipeline/contract.js'
import type {UnitName} from '../systemd/unit.js'

/**
 * The field by which journald takes an entry of root's for that of a unit (systemd.journal-fields(7),
 * `OBJECT_SYSTEMD_UNIT=`).
 */
const UNIT_FIELD = 'OBJECT_SYSTEMD_UNIT'

/**
 * When nobody of ours stays, the Engine writes to the journal itself, under the unit's name (Docker, journald logging
 * driver: labels become fields). A log driver that the line asks for wins; where that is the journal's, it has what the
 * line says of it besides.
 */
export function engineJournal(unit: UnitName | undefined): Partial<RunHooks> {
  if (unit?.manager === 'user')
    throw new RefusedOptionError(
      '--handover',
      "in a user's unit, only root can write to the journal under the unit's name; set --logs=false as well and read the output with `docker logs`",
    )
  let isOurs = false
  return {
    resolve({request: {body}}) {
      const {LogConfig} = body.HostConfig
      const isUnsaid = LogConfig.Type === '' && Object.keys(LogConfig.Config).length === 0
      isOurs = unit !== undefined && (isUnsaid || LogConfig.Type === 'journald')
      if (unit === undefined || !isOurs) return
      const {labels, ...said} = LogConfig.Config
      LogConfig.Type = 'journald'
      LogConfig.Config = {
        tag: '{{.Name}}',
        ...said,
        labels: labels === undefined ? UNIT_FIELD : `${labels},${UNIT_FIELD}`,
      }
      body.Labels[UNIT_FIELD] = unit.name
    },
    describe: () =>
      isOurs ? ["let the Engine write the container's output to the journal, under the unit's name"] : [],
  }
}
