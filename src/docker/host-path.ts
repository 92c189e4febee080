import {posix} from 'node:path'
import type {CreateRequest} from './create-request.js'

/**
 * Where a path of the container is on the host, by the mounts that the request asks for; nothing where no directory or
 * file of the host is mounted there.
 */
export function hostPathOf(path: string, {body}: CreateRequest): string | undefined {
  const {Binds, Mounts, Tmpfs} = body.HostConfig
  const mounts: {target: string; source?: string | undefined}[] = [
    ...Binds.map(bindOf),
    ...Mounts.map(({Type, Source, Target = ''}) => ({target: Target, source: Type === 'bind' ? Source : undefined})),
    ...[...Object.keys(Tmpfs), ...Object.keys(body.Volumes)].map((target) => ({target})),
  ]
  const wanted = posix.normalize(path)
  const above = mounts
    .map(({target, source}) => ({target: withoutSlash(posix.normalize(target)), source}))
    .filter(({target}) => wanted === target || wanted.startsWith(`${target}/`))
    .toSorted((one, other) => other.target.length - one.target.length)[0]
  if (above?.source?.startsWith('/') !== true) return undefined
  return posix.join(above.source, wanted.slice(above.target.length))
}

/** A bind as docker's client sends it: `SOURCE:TARGET[:OPTIONS]`. */
function bindOf(bind: string): {source: string; target: string} {
  const [source = '', target = ''] = bind.split(':')
  return {source, target}
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '')
}
