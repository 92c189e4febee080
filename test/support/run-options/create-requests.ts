/**
 * Records of the create request whose entries count, whatever their values: `--label a` is not the same as no label.
 */
const RECORDS = new Set([
  'Annotations',
  'Config',
  'DriverOpts',
  'EndpointsConfig',
  'ExposedPorts',
  'Labels',
  'Options',
  'PortBindings',
  'StorageOpt',
  'Sysctls',
  'Tmpfs',
  'Volumes',
])
/** Fields that the Engine tells apart from their absence though they are empty, off or zero. */
const COUNT_WHEN_EMPTY = new Set(['Init', 'MaskedPaths', 'ReadonlyPaths', 'StopTimeout'])
/** What docker's client says for the Engine's own defaults. */
const DEFAULTS: Readonly<Record<string, string>> = {
  ConsoleSize: '[0,0]',
  MemorySwappiness: '-1',
  NetworkMode: '"default"',
  RestartPolicy: '{"Name":"no","MaximumRetryCount":0}',
}
/** Lists in which the order means nothing, and that docker's client sends in any. */
const UNORDERED = new Set(['Binds', 'Ulimits'])

/**
 * The body of a create request as the Engine reads it, so that two can be compared: Go's zero values are as good as
 * absent, of a variable that is set twice the later counts, and a network of which only the name is said is said by
 * `NetworkMode`.
 */
export function asTheEngineReads(body: object): unknown {
  const read = readObject(body, false) as Record<string, unknown>
  const {Env, NetworkingConfig} = read as {Env?: string[]; NetworkingConfig?: {EndpointsConfig?: object}}
  if (Env !== undefined) read['Env'] = [...new Map(Env.map((entry) => [entry.split('=', 1)[0], entry])).values()].sort()
  const endpoints = Object.values(NetworkingConfig?.EndpointsConfig ?? {}) as object[]
  if (endpoints.length <= 1 && endpoints.every((endpoint) => Object.keys(endpoint).length === 0))
    delete read['NetworkingConfig']
  return read
}

function readObject(fields: object, isRecord: boolean): object | undefined {
  const kept = Object.entries(fields).flatMap(([name, value]: [string, unknown]): [string, unknown][] => {
    const read = readValue(name, value)
    if (isRecord) return [[name, read ?? (isObject(value) ? {} : value)]]
    if (read === undefined) return COUNT_WHEN_EMPTY.has(name) && value !== null ? [[name, value]] : []
    return DEFAULTS[name] === JSON.stringify(value) ? [] : [[name, read]]
  })
  return kept.length === 0 && !isRecord ? undefined : Object.fromEntries(kept)
}

/** The value, or nothing where it is a zero value. */
function readValue(name: string, value: unknown): unknown {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) return undefined
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined
    const items = value.map((item: unknown) => (isObject(item) ? readObject(item, false) : item))
    return UNORDERED.has(name) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items
  }
  if (!isObject(value)) return value
  if (RECORDS.has(name) && Object.keys(value).length === 0) return undefined
  return readObject(value, RECORDS.has(name))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
