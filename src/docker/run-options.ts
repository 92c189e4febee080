import {containerName} from './values/name.js'
import {bytes, integer, nanoCpus} from './values/numbers.js'
import {environment, environmentFile} from './values/environment.js'
import {keyValue, label} from './values/pairs.js'
import {mount} from './values/mount.js'
import {network} from './values/network.js'
import {publish} from './values/publish.js'
import {tmpfs} from './values/tmpfs.js'
import {ulimit} from './values/ulimit.js'
import {volume} from './values/volume.js'
import {oneOf} from './values/choice.js'
import type {CreateRequest} from './create-request.js'
import {RefusedOptionError} from '../errors.js'

/** How an image is come by. */
export type PullPolicy = 'always' | 'missing' | 'never'

/** What the words after `run` come to, as it is being put together. */
export interface Draft {
  readonly request: CreateRequest
  pull: PullPolicy
}

/** What an option's values depend on besides the line itself. */
export interface Surroundings {
  readonly env: Readonly<NodeJS.ProcessEnv>
  /** Absolute; what relative paths are relative to. */
  readonly cwd: string
}

/** Puts one value of an option where it belongs. `option` is its spelling for messages. */
export type Effect = (draft: Draft, value: string, option: string, around: Surroundings) => void | Promise<void>

/** One option of docker run. */
export interface RunOption {
  readonly char?: string
  readonly takes: 'nothing' | 'value'
  /** What it does; absent where it is not supported, and then it is refused. */
  readonly effect?: Effect
}

const body =
  (set: (body: CreateRequest['body'], value: string, option: string) => void): Effect =>
  ({request}, value, option) => {
    set(request.body, value, option)
  }
const on =
  (set: (body: CreateRequest['body'], on: boolean) => void): Effect =>
  ({request}, value) => {
    set(request.body, value === 'true')
  }
const nothing: Effect = () => undefined

/**
 * Every option that `docker run` of client 28.2 takes (`docker run --help`, and the older spellings that it hides), so that the image is found
 * behind any of them.
 */
export const RUN_OPTIONS: Readonly<Record<string, RunOption>> = {
  'add-host': {takes: 'value'},
  annotation: {takes: 'value'},
  attach: {char: 'a', takes: 'value'},
  'blkio-weight': {takes: 'value'},
  'blkio-weight-device': {takes: 'value'},
  'cap-add': {takes: 'value', effect: body((body, value) => void body.HostConfig.CapAdd.push(value))},
  'cap-drop': {takes: 'value', effect: body((body, value) => void body.HostConfig.CapDrop.push(value))},
  'cgroup-parent': {takes: 'value', effect: body((body, value) => void (body.HostConfig.CgroupParent = value))},
  cgroupns: {takes: 'value'},
  cidfile: {takes: 'value'},
  'cpu-count': {takes: 'value'},
  'cpu-percent': {takes: 'value'},
  'cpu-period': {takes: 'value'},
  'cpu-quota': {takes: 'value'},
  'cpu-rt-period': {takes: 'value'},
  'cpu-rt-runtime': {takes: 'value'},
  'cpu-shares': {char: 'c', takes: 'value'},
  cpus: {
    takes: 'value',
    effect: body((body, value, option) => void (body.HostConfig.NanoCpus = nanoCpus(value, option))),
  },
  'cpuset-cpus': {takes: 'value'},
  'cpuset-mems': {takes: 'value'},
  detach: {char: 'd', takes: 'nothing', effect: nothing},
  'detach-keys': {takes: 'value'},
  device: {takes: 'value'},
  'device-cgroup-rule': {takes: 'value'},
  'device-read-bps': {takes: 'value'},
  'device-read-iops': {takes: 'value'},
  'device-write-bps': {takes: 'value'},
  'device-write-iops': {takes: 'value'},
  'disable-content-trust': {takes: 'nothing'},
  dns: {takes: 'value'},
  'dns-opt': {takes: 'value'},
  'dns-option': {takes: 'value'},
  'dns-search': {takes: 'value'},
  domainname: {takes: 'value'},
  entrypoint: {takes: 'value', effect: body((body, value) => void (body.Entrypoint = [value]))},
  env: {char: 'e', takes: 'value', effect: environment},
  'env-file': {takes: 'value', effect: environmentFile},
  expose: {takes: 'value'},
  gpus: {takes: 'value'},
  'group-add': {takes: 'value'},
  'health-cmd': {takes: 'value'},
  'health-interval': {takes: 'value'},
  'health-retries': {takes: 'value'},
  'health-start-interval': {takes: 'value'},
  'health-start-period': {takes: 'value'},
  'health-timeout': {takes: 'value'},
  help: {takes: 'nothing', effect: nothing},
  hostname: {char: 'h', takes: 'value', effect: body((body, value) => void (body.Hostname = value))},
  init: {takes: 'nothing', effect: on((body, on) => void (body.HostConfig.Init = on))},
  interactive: {
    char: 'i',
    takes: 'nothing',
    effect: on((body, on) => void (body.OpenStdin = body.StdinOnce = body.AttachStdin = on)),
  },
  'io-maxbandwidth': {takes: 'value'},
  'io-maxiops': {takes: 'value'},
  ip: {takes: 'value'},
  ip6: {takes: 'value'},
  ipc: {takes: 'value'},
  isolation: {takes: 'value'},
  'kernel-memory': {takes: 'value'},
  label: {char: 'l', takes: 'value', effect: label},
  'label-file': {takes: 'value'},
  link: {takes: 'value'},
  'link-local-ip': {takes: 'value'},
  'log-driver': {takes: 'value', effect: body((body, value) => void (body.HostConfig.LogConfig.Type = value))},
  'log-opt': {
    takes: 'value',
    effect: body((body, value) => void Object.assign(body.HostConfig.LogConfig.Config, keyValue(value))),
  },
  'mac-address': {takes: 'value'},
  memory: {
    char: 'm',
    takes: 'value',
    effect: body((body, value, option) => void (body.HostConfig.Memory = bytes(value, option))),
  },
  'memory-reservation': {takes: 'value'},
  'memory-swap': {takes: 'value'},
  'memory-swappiness': {takes: 'value'},
  mount: {takes: 'value', effect: mount},
  name: {takes: 'value', effect: containerName},
  net: {takes: 'value', effect: network},
  'net-alias': {takes: 'value'},
  network: {takes: 'value', effect: network},
  'network-alias': {takes: 'value'},
  'no-healthcheck': {takes: 'nothing'},
  'oom-kill-disable': {takes: 'nothing'},
  'oom-score-adj': {takes: 'value'},
  pid: {takes: 'value'},
  'pids-limit': {takes: 'value'},
  platform: {takes: 'value', effect: ({request}, value) => void (request.platform = value)},
  privileged: {takes: 'nothing', effect: on((body, on) => void (body.HostConfig.Privileged = on))},
  publish: {char: 'p', takes: 'value', effect: publish},
  'publish-all': {char: 'P', takes: 'nothing'},
  pull: {
    takes: 'value',
    effect: (draft, value, option) => {
      draft.pull = oneOf(['always', 'missing', 'never'], value, option)
    },
  },
  quiet: {char: 'q', takes: 'nothing', effect: nothing},
  'read-only': {takes: 'nothing', effect: on((body, on) => void (body.HostConfig.ReadonlyRootfs = on))},
  restart: {
    takes: 'value',
    effect: (_, value, option) => {
      if (value === '' || value === 'no') return
      throw new RefusedOptionError(
        `${option} ${value}`,
        'systemd restarts the container; say Restart=always or Restart=on-failure in the unit instead',
      )
    },
  },
  rm: {takes: 'nothing', effect: on((body, on) => void (body.HostConfig.AutoRemove = on))},
  runtime: {takes: 'value', effect: body((body, value) => void (body.HostConfig['Runtime'] = value))},
  'security-opt': {takes: 'value'},
  'shm-size': {takes: 'value'},
  'sig-proxy': {takes: 'nothing'},
  'stop-signal': {takes: 'value', effect: body((body, value) => void (body.StopSignal = value))},
  'stop-timeout': {
    takes: 'value',
    effect: body((body, value, option) => void (body.StopTimeout = integer(value, option))),
  },
  'storage-opt': {takes: 'value'},
  sysctl: {takes: 'value'},
  tmpfs: {takes: 'value', effect: tmpfs},
  tty: {char: 't', takes: 'nothing', effect: on((body, on) => void (body.Tty = on))},
  ulimit: {takes: 'value', effect: ulimit},
  'use-api-socket': {takes: 'nothing'},
  user: {char: 'u', takes: 'value', effect: body((body, value) => void (body.User = value))},
  userns: {takes: 'value'},
  uts: {takes: 'value'},
  volume: {char: 'v', takes: 'value', effect: volume},
  'volume-driver': {takes: 'value'},
  'volumes-from': {takes: 'value'},
  workdir: {char: 'w', takes: 'value', effect: body((body, value) => void (body.WorkingDir = value))},
}
