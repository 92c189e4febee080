import type {DeviceGrants, EngineInfo, ContainerInspection, ContainerSummary, Health, RestartPolicy} from './engine.js'
import type {PullMessage} from './pull-progress.js'
import type {Reading} from './reading.js'

const STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const
/** The highest that Linux has (proc_sys_kernel(5), `pid_max`). */
const MOST_PID = 2 ** 22
const MOST_STATUS = 255
const HEALTH = ['starting', 'healthy', 'unhealthy'] as const
/** What the Engine says of a moment that has not come: the year 1. */
const NEVER = Date.parse('0001-01-01T00:00:00Z')

/** An id, which becomes a part of paths. */
export function readId(id: Reading): string {
  return id.matching(/^[0-9a-f]+$/, 'the id of a container')
}

/** An exit status (Engine API, `ContainerState`, `ContainerWaitResponse`). */
export function readStatus(status: Reading): number {
  return status.whole(0, MOST_STATUS)
}

/** The answer to `GET /containers/{id}/json`. */
export function readInspection(answer: Reading): ContainerInspection {
  const [state, config, host] = [answer.at('State'), answer.at('Config'), answer.at('HostConfig')]
  const stopTimeout = config.at('StopTimeout')
  return {
    id: readId(answer.at('Id')),
    name: answer.at('Name').text().replace(/^\//, ''),
    state: readState(state.at('Status')),
    pid: state.at('Pid').whole(0, MOST_PID),
    tty: config.at('Tty').flag(false),
    exitCode: readStatus(state.at('ExitCode')),
    outOfMemory: state.at('OOMKilled').flag(false),
    createdAt: answer.at('Created').moment(NEVER),
    startedAt: state.at('StartedAt').moment(NEVER),
    finishedAt: state.at('FinishedAt').moment(NEVER),
    stopSignal: config.at('StopSignal').text(''),
    stopTimeout: stopTimeout.isAbsent ? undefined : stopTimeout.whole(-1, Number.MAX_SAFE_INTEGER),
    labels: config.at('Labels').texts(),
    image: answer.at('Image').text(''),
    imageName: config.at('Image').text(''),
    environment: config
      .at('Env')
      .list()
      .map((entry) => entry.text()),
    autoRemove: host.at('AutoRemove').flag(false),
    restartPolicy: readPolicy(host.at('RestartPolicy')),
    devices: readDevices(host),
    checksHealth: readsHealth(config.at('Healthcheck').at('Test')),
    health: readHealth(state.at('Health')),
    ...readLogDriver(host.at('LogConfig').at('Type')),
  }
}

function readLogDriver(name: Reading): {logDriver?: string} {
  const logDriver = name.text('')
  return logDriver === '' ? {} : {logDriver}
}

/** Whether that is a check (Engine API, `HealthConfig`): none is no test, an empty one, or `NONE`. */
function readsHealth(test: Reading): boolean {
  const [kind] = test.list()
  return kind !== undefined && kind.text() !== 'NONE'
}

/** An Engine says `none`, or nothing, of a container without a check. */
function readHealth(health: Reading): Health | undefined {
  const said = health.at('Status').text('')
  const status = HEALTH.find((known) => known === said)
  if (status === undefined) return undefined
  const last = health.at('Log').list().at(-1)
  if (last === undefined) return {status}
  const exitCode = last.at('ExitCode').whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0)
  return {status, last: {exitCode, output: last.at('Output').text('')}}
}

/** Docker calls no policy `no`, or nothing. */
function readPolicy(policy: Reading): RestartPolicy | undefined {
  const name = policy.at('Name').text('')
  const retries = policy.at('MaximumRetryCount')
  if (name === '' || name === 'no') return undefined
  return {name, retries: retries.isAbsent ? 0 : retries.whole(0, Number.MAX_SAFE_INTEGER)}
}

function readDevices(config: Reading): DeviceGrants {
  return {
    privileged: config.at('Privileged').flag(false),
    mapped: config
      .at('Devices')
      .list()
      .map((one) => ({pathOnHost: one.at('PathOnHost').text(), permissions: one.at('CgroupPermissions').text('')})),
    rules: config
      .at('DeviceCgroupRules')
      .list()
      .map((rule) => rule.text()),
    requested: config.at('DeviceRequests').list().length > 0 || config.at('Runtime').text('').includes('nvidia'),
  }
}

/** The answer to `GET /containers/json`. */
export function readList(answer: Reading): ContainerSummary[] {
  return answer
    .list()
    .map((one) => ({id: readId(one.at('Id')), state: readState(one.at('State')), labels: one.at('Labels').texts()}))
}

/** The answer to `GET /info`; an Engine that is not Docker's may leave out any of it. */
export function readInfo(answer: Reading): EngineInfo {
  return {
    version: answer.at('ServerVersion').text(''),
    cgroupDriver: answer.at('CgroupDriver').text(''),
    defaultRuntime: answer.at('DefaultRuntime').text(''),
    runtimes: answer.at('Runtimes').names(),
    rootless: answer
      .at('SecurityOptions')
      .list()
      .some((option) => option.text() === 'name=rootless'),
    ...readLogDriver(answer.at('LoggingDriver')),
    ...(answer.at('LiveRestoreEnabled').flag(false) ? {liveRestore: true} : {}),
  }
}

/** What {@link readInfo} reads this from. */
export function infoAnswer({version, cgroupDriver, defaultRuntime, runtimes, rootless, ...may}: EngineInfo): object {
  return {
    ServerVersion: version,
    CgroupDriver: cgroupDriver,
    DefaultRuntime: defaultRuntime,
    Runtimes: Object.fromEntries(runtimes.map((name) => [name, {}])),
    SecurityOptions: rootless ? ['name=rootless'] : [],
    LoggingDriver: may.logDriver,
    LiveRestoreEnabled: may.liveRestore,
  }
}

/** A line of the answer to `POST /images/create` that is no error. */
export function readPullMessage(line: Reading): PullMessage {
  const [id, detail] = [line.at('id'), line.at('progressDetail')]
  const figures = (['current', 'total'] as const).flatMap((name) => {
    const figure = detail.at(name)
    return figure.isAbsent ? [] : [[name, figure.whole(0, Number.MAX_SAFE_INTEGER)] as const]
  })
  return {
    status: line.at('status').text(),
    ...(id.isAbsent ? {} : {id: id.text()}),
    ...(Object.fromEntries(figures) as Pick<PullMessage, 'current' | 'total'>),
  }
}

function readState(state: Reading): ContainerInspection['state'] {
  const said = state.matching(new RegExp(`^(?:${STATES.join('|')})$`), 'a state of a container')
  return said as ContainerInspection['state']
}
