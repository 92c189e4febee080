/** Under this docker's client keeps the login of Docker Hub, whose images are named without a registry. */
const DOCKER_HUB = 'https://index.docker.io/v1/'

/**
 * An image reference in the two parts that the Engine takes them in (Engine API, `POST /images/create`): the
 * repository, and the tag or digest. Without either it is `latest`, as the Engine would otherwise fetch every tag there
 * is.
 */
export function splitReference(reference: string): {repository: string; tag: string} {
  const digest = reference.indexOf('@')
  if (digest !== -1) {
    const {repository} = splitReference(reference.slice(0, digest))
    return {repository, tag: reference.slice(digest + 1)}
  }
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1)
  return colon === -1
    ? {repository: reference, tag: 'latest'}
    : {repository: reference.slice(0, colon), tag: reference.slice(colon + 1)}
}

/**
 * The registry that an image comes from, by the name under which docker's client keeps its login: what stands before
 * the first slash, when it can be no part of a name on Docker Hub (distribution, reference/normalize.go).
 */
export function registryOf(reference: string): string {
  const slash = reference.indexOf('/')
  const first = slash === -1 ? '' : reference.slice(0, slash)
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  return !isHost || first === 'docker.io' || first === 'index.docker.io' ? DOCKER_HUB : first
}
