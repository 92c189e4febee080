import {BadValueError} from '../../../errors.js'

/** `KEY=value` as an entry; without a sign the value is empty. */
export function keyValue(text: string): Record<string, string> {
  const equals = text.indexOf('=')
  return equals === -1 ? {[text]: ''} : {[text.slice(0, equals)]: text.slice(equals + 1)}
}

/** `KEY=value`, whose sign must be there. @throws {BadValueError} */
export function keyWithValue(value: string, option: string): Record<string, string> {
  if (!value.includes('=')) throw new BadValueError(option, value, 'use KEY=VALUE')
  return keyValue(value)
}

/** `--label KEY[=value]`. @throws {BadValueError} */
export function label(value: string, option: string): Record<string, string> {
  const name = value.split('=', 1)[0] ?? ''
  if (name === '') throw new BadValueError(option, value, 'a label needs a name')
  if (/\s/.test(name)) throw new BadValueError(option, value, 'the name of a label must not contain spaces')
  return keyValue(value)
}

/** The kernel's settings that belong to a container's own namespaces; the Engine takes no others. */
const SYSCTL = /^(?:kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)=|net\.|fs\.mqueue\.)/

/** `--sysctl NAME=value`. @throws {BadValueError} */
export function sysctl(value: string, option: string): Record<string, string> {
  if (!SYSCTL.test(value) || !value.includes('='))
    throw new BadValueError(
      option,
      value,
      'use NAME=VALUE with a namespaced parameter: net.*, fs.mqueue.*, or one of kernel.* for System V IPC',
    )
  return keyValue(value)
}
