import {createHash} from 'node:crypto'
import type {CreateRequest} from '../docker/create-request.js'
import type {ContainerInspection} from '../docker/engine.js'
import type {UnitName} from '../systemd/unit.js'

/**
 * The labels that say on a container whose it is and how it came about, so that whoever finds it later knows. A container has all of them, if need be empty, as it would
 * else have those of the same names that its image may bring.
 */
export const LABELS = {
  /** The unit that it was made for, as {@link ownerOf} has it; empty outside of any. */
  unit: 'systemd-docker.unit',
  /** That unit's invocation (systemd.exec(5), `$INVOCATION_ID`). */
  invocation: 'systemd-docker.invocation',
  /** A hash of the create request, as the plugins have left it. */
  request: 'systemd-docker.request',
  /** `yes` when the line gave no name. */
  nameless: 'systemd-docker.nameless',
  /** `yes` when `systemd-docker finish` is to remove it. */
  remove: 'systemd-docker.remove',
  /** The pid file that `systemd-docker finish` is to remove; empty when there is none. */
  pidFile: 'systemd-docker.pid-file',
} as const

/** What a unit is called on its containers: two managers may have units of the same name. */
export function ownerOf({name, manager}: UnitName, uid = process.getuid?.()): string {
  return manager === 'system' ? name : `user@${String(uid)}/${name}`
}

/** A unit, and its present invocation. */
export interface Invocation extends UnitName {
  readonly id: string
}

/** The request with the labels that say whose the container is going to be. */
export function labelled(request: CreateRequest, unit: Invocation | undefined): CreateRequest {
  const Labels = {
    [LABELS.remove]: 'no',
    [LABELS.pidFile]: '',
    ...request.body.Labels,
    [LABELS.unit]: unit === undefined ? '' : ownerOf(unit),
    [LABELS.invocation]: unit?.id ?? '',
    [LABELS.nameless]: request.name === undefined ? 'yes' : 'no',
    [LABELS.request]: hashOf(request),
  }
  return {...request, body: {...request.body, Labels}}
}

/** Whether a container was made with `--rm`, so that it is removed at its end by the Engine or by `systemd-docker finish`, and its anonymous volumes with it. */
export function wasMadeWithRm({autoRemove, labels}: Pick<ContainerInspection, 'autoRemove' | 'labels'>): boolean {
  return autoRemove || labels[LABELS.remove] === 'yes'
}

/** The same for requests that ask for the same, as far as the order of what has an order is the same. */
export function hashOf(request: CreateRequest): string {
  return createHash('sha256').update(JSON.stringify(request, withSortedKeys)).digest('hex')
}

function withSortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
