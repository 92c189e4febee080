import {RefusedOptionError} from '../../errors.js'
import type {GivenOption} from '../../options/words.js'
import type {CreateBody} from '../create-request.js'
import {takeDefaults} from './defaults.js'
import {emptyDraft, type Draft, type OptionContext} from './draft.js'
import {RUN_OPTIONS, type RequestField, type RunOption} from './table.js'
import {joinNetworks} from './values/networks.js'
import {attachStreams, checkHealth, checkLog, mergeCapabilities, requestDevices} from './values/cross-option.js'

/** What is decided once every option has been read. */
const TOGETHER: readonly ((draft: Draft) => void)[] = [
  attachStreams,
  joinNetworks,
  checkHealth,
  checkLog,
  requestDevices,
  mergeCapabilities,
]

/**
 * Makes a create request of the options of docker run, as docker's client does.
 *
 * @param given options of {@link RUN_OPTIONS}, in the order of the line
 * @throws {RefusedOptionError} {@link ConflictingOptionsError} {@link BadValueError} {@link UnreadableFileError}
 */
export async function translate(
  given: readonly GivenOption[],
  image: string,
  command: readonly string[],
  around: OptionContext,
): Promise<Draft> {
  const draft = emptyDraft(image, command)
  const rows = given.flatMap(({name, value}) => {
    const row = RUN_OPTIONS[name]
    return row === undefined ? [] : [{name, value, row}]
  })
  const putThose = async (isFile: true | undefined): Promise<void> => {
    for (const {name, value, row} of rows) if (row.isFile === isFile) await put(draft, name, value, row, around)
  }
  takeDefaults(draft, new Set(rows.map(({name}) => name)), around.env)
  // What the line itself says wins over what a file says, wherever they stand.
  await putThose(true)
  // Of the variables on the line each wins over the proxy of just its name, and so does one without a value.
  const said = new Set(given.filter(({name}) => name === 'env').map(({value}) => value.split('=', 1)[0]))
  draft.request.body.Env.push(...around.proxies.filter((entry) => !said.has(entry.split('=', 1)[0])))
  await putThose(undefined)
  for (const decide of TOGETHER) decide(draft)
  return draft
}

/**
 * Puts one value of an option where the table has it.
 *
 * @internal
 */
export async function put(
  draft: Draft,
  name: string,
  value: string,
  row: RunOption,
  around: OptionContext,
): Promise<void> {
  const option = `--${name}`
  if ('refused' in row) throw new RefusedOptionError(option, row.refused)
  if (row.since !== undefined) draft.needs.push({option, api: row.since})
  if ('effect' in row) await row.effect(draft, value, option, around)
  else if (row.takes === 'nothing') place(draft.request.body, row.into, value === 'true')
  else place(draft.request.body, row.into, row.parse === undefined ? value : row.parse(value, option))
}

function place(body: CreateBody, where: RequestField, value: unknown): void {
  const path = where.replace(/[[{][\]}]$/, '').split('.')
  const field = path.pop() ?? ''
  let holder: Record<string, unknown> = body
  for (const step of path) holder = (holder[step] ??= {}) as Record<string, unknown>
  if (where.endsWith('[]')) ((holder[field] ??= []) as unknown[]).push(value)
  else if (where.endsWith('{}')) Object.assign((holder[field] ??= {}), value)
  else holder[field] = value
}
