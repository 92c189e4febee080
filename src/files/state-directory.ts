import {join} from 'node:path'

/**
 * Where this program keeps what may vanish at any time, its owner's alone; nothing where the environment does not say.
 */
export function stateDirectory(env: Readonly<NodeJS.ProcessEnv>, uid = process.getuid?.()): string | undefined {
  if (uid === 0) return '/run/systemd-docker'
  const {XDG_RUNTIME_DIR} = env
  return XDG_RUNTIME_DIR === undefined || XDG_RUNTIME_DIR === '' ? undefined : join(XDG_RUNTIME_DIR, 'systemd-docker')
}
