import type {Engine, ContainerInspection} from '../docker/engine.js'
import {LABELS} from '../pipeline/labels.js'

const NAMES = Object.values(LABELS)
/** By these something is removed: the container, its anonymous volumes, or what a plugin has left on the host. */
const TO_REMOVE: readonly string[] = [LABELS.nameless, LABELS.rm, LABELS.given]

/**
 * A container with no labels of ours but those that were given to itself. The Engine lays a container's labels over
 * those of its image, and what these say was chosen by whoever made the image, or copied from a container of ours
 * (`docker commit`). A container that a run of ours has made says of its invocation and its request what no image can
 * know; one in which all is as in its image was made by somebody else. Where the image is not there any more, so that
 * nobody knows, nothing is removed.
 */
export async function withOwnLabels(
  found: ContainerInspection,
  engine: Engine,
  signal: AbortSignal,
): Promise<ContainerInspection> {
  if (NAMES.every((name) => found.labels[name] === undefined)) return found
  const image = await engine.imageLabels(found.image, signal)
  if (image === undefined) return without(TO_REMOVE, found)
  return NAMES.every((name) => found.labels[name] === image[name]) ? without(NAMES, found) : found
}

/**
 * Of the labels that {@link withOwnLabels} has left to a container those that the line and the plugins of the run have
 * put on it, which are no word of its image.
 */
export function givenLabels({labels}: Pick<ContainerInspection, 'labels'>): Readonly<Record<string, string>> {
  const given = namesIn(labels[LABELS.given] ?? '[]')
  return Object.fromEntries(Object.entries(labels).filter(([name]) => given.includes(name)))
}

/** None where somebody else has written something there. */
function namesIn(list: string): readonly unknown[] {
  try {
    const names: unknown = JSON.parse(list)
    return Array.isArray(names) ? names : []
  } catch {
    return []
  }
}

function without(names: readonly string[], found: ContainerInspection): ContainerInspection {
  const labels = Object.entries(found.labels).filter(([name]) => !names.includes(name))
  return {...found, labels: Object.fromEntries(labels)}
}
