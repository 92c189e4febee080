import type {CreateRequest} from '../docker/create-request.js'
import type {ContainerInspection} from '../docker/engine.js'
import type {UnitName} from '../systemd/unit.js'
import {sha256} from './sha256.js'

/**
 * The labels that say on a container whose it is and how it came about, so that whoever finds it later knows. A
 * container has all of them, if need be empty, as it would else have those of the same names that its image may bring.
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
  /** `yes` when the line has `--rm`, also where a plugin has taken that from the Engine upon itself. */
  rm: 'systemd-docker.rm',
  /**
   * The names of the labels that the line and the plugins have put on it, as a list in JSON: what else it has, ours
   * apart, is its image's.
   */
  given: 'systemd-docker.labels',
} as const

/** What a unit is called on its containers: two managers may have units of the same name. */
export function ownerOf({name, manager}: UnitName, uid = process.getuid?.()): string {
  return manager === 'system' ? name : `user@${String(uid)}/${name}`
}

/** A unit, and its present invocation. */
export interface Invocation extends UnitName {
  readonly id: string
}

/** What a container is made for, and by. */
export interface MadeFor {
  readonly unit: Invocation | undefined
  /** Whether the line has `--rm`. */
  readonly rm?: boolean | undefined
}

/** The request with the labels that say whose the container is going to be. */
export function labelled(request: CreateRequest, {unit, rm = false}: MadeFor): CreateRequest {
  const Labels = {
    ...request.body.Labels,
    [LABELS.unit]: unit === undefined ? '' : ownerOf(unit),
    [LABELS.invocation]: unit?.id ?? '',
    [LABELS.nameless]: request.name === undefined ? 'yes' : 'no',
    [LABELS.rm]: rm ? 'yes' : 'no',
    [LABELS.given]: JSON.stringify(Object.keys(request.body.Labels)),
    [LABELS.request]: hashOf(request),
  }
  return {...request, body: {...request.body, Labels}}
}

/** Whether a container was made with `--rm`, so that its anonymous volumes go with it. */
export function wasMadeWithRm({autoRemove, labels}: Pick<ContainerInspection, 'autoRemove' | 'labels'>): boolean {
  return autoRemove || labels[LABELS.rm] === 'yes'
}

/** The same for requests that ask for the same, as far as the order of what has an order is the same. */
export function hashOf(request: CreateRequest): string {
  return sha256(JSON.stringify(request, withSortedKeys))
}

function withSortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
