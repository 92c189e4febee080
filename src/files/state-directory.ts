import {isAbsolute, join} from 'node:path'

/**
 * Where this program keeps what may vanish at any time, its owner's alone; nothing where the environment does not say.
 */
export function stateDirectory(env: Readonly<NodeJS.ProcessEnv>, uid = process.getuid?.()): string | undefined {
  if (uid === 0) return '/run/systemd-docker'
  const {XDG_RUNTIME_DIR = ''} = env
  // A relative path is to be ignored (XDG Base Directory Specification).
  return isAbsolute(XDG_RUNTIME_DIR) ? join(XDG_RUNTIME_DIR, 'systemd-docker') : undefined
}
