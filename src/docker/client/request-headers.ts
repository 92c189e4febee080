import {ConfigurationError} from '../../errors.js'
import {isHeaderName, isHeaderValue} from '../http/head.js'
import {fieldOf, readClientConfig, textOf} from './config-file.js'
import {parseCsvRecord} from '../../options/csv.js'

const VARIABLE = 'DOCKER_CUSTOM_HEADERS'
/** What belongs to the connection, or says who asks: docker's client passes over what is said of them. */
const OWN = new Set(['Connection', 'Content-Length', 'Host', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'User-Agent'])

/**
 * The headers that each request to the Engine is to have, as docker's client takes them: those of
 * `DOCKER_CUSTOM_HEADERS`, comma-separated `NAME=value`, else `HttpHeaders` of its config.json. They are for what
 * stands before an Engine, or decides there who may do what.
 *
 * @throws {ConfigurationError} when they are no headers; no value is in the message, as there may be secrets
 */
export function requestHeaders(env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const told = textOf(env[VARIABLE])
  const [from, pairs] = told === undefined ? ofFile(env) : ([VARIABLE, ofVariable(told)] as const)
  const headers: Record<string, string> = {}
  for (const [given, value] of pairs) {
    const name = canonical(given)
    check(given, value, from)
    if (!OWN.has(name)) headers[name] = value
  }
  return headers
}

function ofVariable(text: string): [string, string][] {
  const [line = ''] = text.split('\n')
  const fields = parseCsvRecord(line) ?? refuse(VARIABLE, 'a quote is not closed, or is inside a field')
  return fields.map((field) => {
    const [, name = '', value = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(field) ?? []
    if (name === '') refuse(VARIABLE, 'use NAME=VALUE, separated by commas; each field needs a name and an equals sign')
    return [name, value]
  })
}

function ofFile(env: Readonly<NodeJS.ProcessEnv>): readonly [string, [string, string][]] {
  const {path, content} = readClientConfig(env)
  const from = `HttpHeaders of ${path}`
  const headers = fieldOf(content, 'HttpHeaders') ?? {}
  if (typeof headers !== 'object' || Array.isArray(headers)) refuse(from, 'they are not an object of strings')
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : refuse(from, `${name} is not a string`),
  ])
  return [from, pairs]
}

function check(name: string, value: string, from: string): void {
  if (!isHeaderName(name)) refuse(from, `${JSON.stringify(name)} is not the name of a header`)
  if (!isHeaderValue(value)) refuse(from, `the value of ${name} has characters that a header cannot have`)
}

/** As HTTP usually spells it, so that one name is one header: `x-a` is `X-A`. */
function canonical(name: string): string {
  return name.toLowerCase().replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
}

function refuse(from: string, why: string): never {
  throw new ConfigurationError(from, why)
}
