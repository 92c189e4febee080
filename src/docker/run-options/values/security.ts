import {resolve} from 'node:path'
import {BadValueError, reason} from '../../../errors.js'
import type {Effect} from '../draft.js'

/**
 * `--security-opt NAME=VALUE` or `NAME:VALUE`. The file that `seccomp=` names travels to the Engine in place of its
 * path; `systempaths=unconfined` is two fields of its own.
 */
export const securityOption: Effect = async ({request: {body}}, value, option, {cwd, signal}) => {
  const [, name = '', setting = ''] = /^([^=]*)=(.*)$/s.exec(value) ?? /^([^:]*):(.*)$/s.exec(value) ?? []
  if (setting === '' && !/^no-new-privileges[=:]?$/.test(value))
    throw new BadValueError(option, value, 'use NAME=VALUE, as in seccomp=profile.json, or no-new-privileges')
  if (value === 'systempaths=unconfined') {
    body.HostConfig['MaskedPaths'] = []
    body.HostConfig['ReadonlyPaths'] = []
  } else if (name === 'seccomp' && setting !== 'unconfined' && setting !== 'builtin')
    body.HostConfig.SecurityOpt.push(`seccomp=${await compactJson(resolve(cwd, setting), value, option, signal)}`)
  else body.HostConfig.SecurityOpt.push(value)
}

async function compactJson(path: string, value: string, option: string, signal: AbortSignal): Promise<string> {
  const {readNamedFile} = await import('./named-file.js')
  const text = (await readNamedFile(path, `${option} ${value}`, signal)).toString()
  try {
    JSON.parse(text)
  } catch (error) {
    throw new BadValueError(option, value, `${path} is not JSON: ${reason(error)}`)
  }
  // Numbers and escapes stay as they were written.
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')
}
