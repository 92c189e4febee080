import {BadValueError} from '../errors.js'

/** What a tag may name of a container (Docker, "Customize log driver output"). */
const PARTS: Readonly<Record<string, (container: TaggedContainer) => string>> = {
  ID: ({id}) => id.slice(0, SHORT),
  FullID: ({id}) => id,
  Name: ({name}) => name,
  ImageID: ({imageId}) => imageId.slice(0, SHORT),
  ImageFullID: ({imageId}) => imageId,
  ImageName: ({imageName}) => imageName,
  DaemonName: () => 'docker',
}
/** How many characters of an id Docker gives. */
const SHORT = 12
const ACTION = /\{\{-?\s*(.*?)\s*-?\}\}/gs

/** What a tag is made of. */
export interface TaggedContainer {
  readonly id: string
  readonly name: string
  /** As the line names it. */
  readonly imageName: string
  /** With `sha256:` before it. */
  readonly imageId: string
}

/** What `--log-opt tag=` says of a container. */
export type Tag = (container: TaggedContainer) => string

/**
 * Reads a template of `--log-opt tag=`. Of Go's templates it may have the parts of a container alone.
 *
 * @throws {BadValueError}
 */
export function parseTag(template: string): Tag {
  for (const [action, name = ''] of template.matchAll(ACTION))
    if (partOf(name) === undefined)
      throw new BadValueError(
        '--log-opt',
        `tag=${template}`,
        `--logs=native knows no ${action}, but {{.${Object.keys(PARTS).join('}}, {{.')}}}`,
      )
  return (container) => template.replaceAll(ACTION, (_, name: string) => partOf(name)?.(container) ?? '')
}

function partOf(name: string): ((container: TaggedContainer) => string) | undefined {
  const part = name.startsWith('.') ? name.slice(1) : ''
  return Object.hasOwn(PARTS, part) ? PARTS[part] : undefined
}
