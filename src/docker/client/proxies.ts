import {ConfigurationError} from '../../errors.js'
import {fieldOf, readClientConfig} from './config-file.js'

/** What the fields of `proxies` are called as variables; each is set in this case and in small letters. */
const VARIABLES: Readonly<Record<string, string>> = {
  httpProxy: 'HTTP_PROXY',
  httpsProxy: 'HTTPS_PROXY',
  ftpProxy: 'FTP_PROXY',
  noProxy: 'NO_PROXY',
  allProxy: 'ALL_PROXY',
}

/**
 * The variables, as `NAME=value`, by which docker's client tells a container of the proxies that `proxies` of its
 * config.json has for an Engine: by the Engine's address, such as `unix:///var/run/docker.sock`, else under `default`.
 * There may be passwords in them.
 *
 * @throws {ConfigurationError} when config.json is not as docker has it; no value of it is in the message
 */
export function proxyVariables(engineAddress: string, env: Readonly<NodeJS.ProcessEnv>): string[] {
  const {path, content} = readClientConfig(env)
  const proxies = fieldOf(content, 'proxies') ?? {}
  if (typeof proxies !== 'object' || Array.isArray(proxies))
    throw new ConfigurationError(path, 'proxies is not an object with addresses of Engines, or default, as its keys')
  const key = Object.hasOwn(proxies, engineAddress) ? engineAddress : 'default'
  const own: unknown = (proxies as Readonly<Record<string, unknown>>)[key] ?? {}
  if (typeof own !== 'object' || Array.isArray(own))
    throw new ConfigurationError(path, `${key} of proxies is not an object, such as {"httpProxy": "http://proxy:3128"}`)
  return Object.entries(VARIABLES).flatMap(([field, name]) => {
    const value = fieldOf(own, field) ?? ''
    if (typeof value !== 'string') throw new ConfigurationError(path, `${field} of proxies for ${key} is not a string`)
    return value === '' ? [] : [`${name}=${value}`, `${name.toLowerCase()}=${value}`]
  })
}
