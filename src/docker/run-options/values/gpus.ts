import {BadValueError} from '../../../errors.js'
import type {DeviceRequest} from '../../create-request.js'
import {parseCsvRecord} from '../../../options/csv.js'
import {keyValue} from './pairs.js'

/**
 * `--gpus all`, `--gpus 2`, or fields: `count`, `device`, `driver`, `capabilities`, `options`. @throws {BadValueError}
 */
export function gpus(value: string, option: string): DeviceRequest {
  const bad = (why: string): never => {
    throw new BadValueError(option, value, why)
  }
  const records = (text: string): string[] => parseCsvRecord(text) ?? bad('a quote is not closed, or is inside a field')
  const request: DeviceRequest = {Driver: '', Count: 0}
  const capabilities: string[] = []
  const seen = new Set<string>()
  const countOf = (text: string): number => {
    if (text !== 'all' && !/^[+-]?\d+$/.test(text)) bad(`'${text}' is neither a number nor all`)
    return text === 'all' ? -1 : Number(text)
  }
  const fields: Readonly<Record<string, (text: string) => void>> = {
    count: (text) => void (request.Count = countOf(text)),
    device: (text) => void (request.DeviceIDs = text === '' ? [''] : records(text)),
    driver: (text) => void (request.Driver = text),
    capabilities: (text) => void capabilities.push(...(text === '' ? [''] : records(text))),
    options: (text) => {
      if (text === '') bad('options are given as KEY=VALUE')
      request.Options = Object.assign({}, ...records(text).map(keyValue)) as Record<string, string>
    },
  }
  for (const field of records(value)) {
    const equals = field.indexOf('=')
    const key = equals === -1 ? field : field.slice(0, equals)
    if (seen.has(key)) bad(`'${key}' is given twice`)
    seen.add(key)
    if (equals === -1) request.Count = countOf(field)
    else if (Object.hasOwn(fields, key)) fields[key]?.(field.slice(equals + 1))
    else bad(`there is no field '${key}'`)
    if (equals === -1) seen.add('count')
  }
  if (!seen.has('count') && !seen.has('device')) request.Count = 1
  request.Capabilities = [[...capabilities, 'gpu']]
  return request
}
