/**
 * An image reference in the two parts that the Engine takes them in (Engine API, `POST /images/create`): the repository, and the tag or digest.
 * Without either it is `latest`, as the Engine would otherwise fetch every tag there is.
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
