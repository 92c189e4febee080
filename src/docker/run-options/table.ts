import {RefusedOptionError} from '../../errors.js'
import type {Effect} from './draft.js'
import {extraHost, ipAddress, searchDomain} from './values/address.js'
import {capability} from './values/capability.js'
import {choiceOf, oneOf, pidMode} from './values/choice.js'
import {byteRate, device, deviceRule, deviceWeight, operationRate} from './values/device.js'
import {duration} from './values/duration.js'
import {environment, environmentFile, labelFile} from './values/environment.js'
import {gpus} from './values/gpus.js'
import {link} from './values/link.js'
import {mount} from './values/mount.js'
import {containerName} from './values/name.js'
import {firstIp, firstIp6, firstLinkLocalIp, firstMacAddress, network} from './values/networks.js'
import {bytes, bytesOrUnlimited, count, integer, nanoCpus, octal, swappiness, weight} from './values/numbers.js'
import {keyValue, keyWithValue, label, sysctl} from './values/pairs.js'
import {platform} from './values/platform.js'
import {expose, publish} from './values/publish.js'
import {securityOption} from './values/security.js'
import {tmpfs} from './values/tmpfs.js'
import {attach} from './values/cross-option.js'
import {ulimit} from './values/ulimit.js'
import {volume} from './values/volume.js'

/** The fields of the body itself. */
type Field =
  | 'Domainname'
  | 'Entrypoint'
  | 'Hostname'
  | 'Labels'
  | 'OpenStdin'
  | 'StopSignal'
  | 'StopTimeout'
  | 'Tty'
  | 'User'
  | 'WorkingDir'

/**
 * Where in the body of a create request a value lands: a field, `[]` behind a list that it is added to, `{}` behind a
 * record that it is an entry of.
 */
export type RequestField = `${Field | `${'HostConfig' | 'Healthcheck'}.${string}`}${'' | '[]' | '{}'}`

/** One option of docker run, and what becomes of its value. */
export type RunOption = {
  readonly char?: string
  readonly takes: 'nothing' | 'value'
  /** The first version of the Engine API that has it, where Docker 20.10, with 1.41, has not. */
  readonly since?: string
  /** Whether it names a file, whose entries any option of the line itself overrides. */
  readonly isFile?: true
} & (
  | {
      /** Reads the value, which otherwise lands as it stands; that of a switch is true or false. */
      readonly parse?: (value: string, option: string) => unknown
      readonly into: RequestField
    }
  | {readonly effect: Effect}
  /** Why it has no place here. */
  | {readonly refused: string}
)

const nothing: Effect = () => undefined
/** Why what asks for signed images is refused. */
export const NO_SIGNATURES =
  'systemd-docker verifies no signatures; pull the image with `docker pull` first, or name it by its digest'
const WINDOWS = 'it is for containers on Windows'

const pull: Effect = (draft, value, option) => {
  // An empty policy fetches nothing either, as docker has it.
  draft.pull = value === '' ? 'never' : oneOf(['always', 'missing', 'never'], value, option)
}

const restart: Effect = (_, value, option) => {
  if (value === '' || value === 'no') return
  throw new RefusedOptionError(
    `${option} ${value}`,
    'systemd restarts the container; set Restart=always or Restart=on-failure in the unit instead',
  )
}

const useApiSocket: Effect = (_, value, option) => {
  if (value === 'false') return
  throw new RefusedOptionError(
    option,
    "it would pass docker's logins to the container; for the socket alone, use --volume /var/run/docker.sock:/var/run/docker.sock",
  )
}

const contentTrust: Effect = (_, value, option) => {
  if (value !== 'true') throw new RefusedOptionError(`${option}=false`, NO_SIGNATURES)
}

/**
 * Every option that `docker run` of client 29.8 takes (`docker run --help`, and the older spellings that it hides).
 * What they come to is held against what docker's own client sends, in test/docker-client.
 */
export const RUN_OPTIONS: Readonly<Record<string, RunOption>> = {
  'add-host': {takes: 'value', parse: extraHost, into: 'HostConfig.ExtraHosts[]'},
  annotation: {takes: 'value', parse: keyValue, into: 'HostConfig.Annotations{}', since: '1.43'},
  attach: {char: 'a', takes: 'value', effect: attach},
  'blkio-weight': {takes: 'value', parse: weight, into: 'HostConfig.BlkioWeight'},
  'blkio-weight-device': {takes: 'value', parse: deviceWeight, into: 'HostConfig.BlkioWeightDevice[]'},
  'cap-add': {takes: 'value', parse: capability, into: 'HostConfig.CapAdd[]'},
  'cap-drop': {takes: 'value', parse: capability, into: 'HostConfig.CapDrop[]'},
  'cgroup-parent': {takes: 'value', into: 'HostConfig.CgroupParent'},
  cgroupns: {takes: 'value', parse: choiceOf('', 'host', 'private'), into: 'HostConfig.CgroupnsMode'},
  cidfile: {
    takes: 'value',
    effect: (draft, value) => {
      draft.cidFile = draft.request.body.HostConfig['ContainerIDFile'] = value
    },
  },
  'cpu-count': {takes: 'value', refused: WINDOWS},
  'cpu-percent': {takes: 'value', refused: WINDOWS},
  'cpu-period': {takes: 'value', parse: integer, into: 'HostConfig.CpuPeriod'},
  'cpu-quota': {takes: 'value', parse: integer, into: 'HostConfig.CpuQuota'},
  'cpu-rt-period': {takes: 'value', parse: integer, into: 'HostConfig.CpuRealtimePeriod'},
  'cpu-rt-runtime': {takes: 'value', parse: integer, into: 'HostConfig.CpuRealtimeRuntime'},
  'cpu-shares': {char: 'c', takes: 'value', parse: integer, into: 'HostConfig.CpuShares'},
  cpus: {takes: 'value', parse: nanoCpus, into: 'HostConfig.NanoCpus'},
  'cpuset-cpus': {takes: 'value', into: 'HostConfig.CpusetCpus'},
  'cpuset-mems': {takes: 'value', into: 'HostConfig.CpusetMems'},
  detach: {char: 'd', takes: 'nothing', effect: ({pending}, value) => void (pending.detached = value === 'true')},
  'detach-keys': {takes: 'value', effect: nothing},
  device: {takes: 'value', effect: device},
  'device-cgroup-rule': {takes: 'value', parse: deviceRule, into: 'HostConfig.DeviceCgroupRules[]'},
  'device-read-bps': {takes: 'value', parse: byteRate, into: 'HostConfig.BlkioDeviceReadBps[]'},
  'device-read-iops': {takes: 'value', parse: operationRate, into: 'HostConfig.BlkioDeviceReadIOps[]'},
  'device-write-bps': {takes: 'value', parse: byteRate, into: 'HostConfig.BlkioDeviceWriteBps[]'},
  'device-write-iops': {takes: 'value', parse: operationRate, into: 'HostConfig.BlkioDeviceWriteIOps[]'},
  'disable-content-trust': {takes: 'nothing', effect: contentTrust},
  dns: {takes: 'value', parse: ipAddress, into: 'HostConfig.Dns[]'},
  'dns-opt': {takes: 'value', into: 'HostConfig.DnsOptions[]'},
  'dns-option': {takes: 'value', into: 'HostConfig.DnsOptions[]'},
  'dns-search': {takes: 'value', parse: searchDomain, into: 'HostConfig.DnsSearch[]'},
  domainname: {takes: 'value', into: 'Domainname'},
  entrypoint: {takes: 'value', parse: (value) => [value], into: 'Entrypoint'},
  env: {char: 'e', takes: 'value', effect: environment},
  'env-file': {takes: 'value', isFile: true, effect: environmentFile},
  expose: {takes: 'value', effect: expose},
  gpus: {takes: 'value', parse: gpus, into: 'HostConfig.DeviceRequests[]'},
  'group-add': {takes: 'value', into: 'HostConfig.GroupAdd[]'},
  'health-cmd': {
    takes: 'value',
    parse: (value) => (value === '' ? undefined : ['CMD-SHELL', value]),
    into: 'Healthcheck.Test',
  },
  'health-interval': {takes: 'value', parse: duration, into: 'Healthcheck.Interval'},
  'health-retries': {takes: 'value', parse: count, into: 'Healthcheck.Retries'},
  'health-start-interval': {takes: 'value', parse: duration, into: 'Healthcheck.StartInterval', since: '1.44'},
  'health-start-period': {takes: 'value', parse: duration, into: 'Healthcheck.StartPeriod'},
  'health-timeout': {takes: 'value', parse: duration, into: 'Healthcheck.Timeout'},
  help: {takes: 'nothing', effect: nothing},
  hostname: {char: 'h', takes: 'value', into: 'Hostname'},
  init: {takes: 'nothing', into: 'HostConfig.Init'},
  interactive: {char: 'i', takes: 'nothing', into: 'OpenStdin'},
  'io-maxbandwidth': {takes: 'value', refused: WINDOWS},
  'io-maxiops': {takes: 'value', refused: WINDOWS},
  ip: {takes: 'value', effect: firstIp},
  ip6: {takes: 'value', effect: firstIp6},
  ipc: {takes: 'value', into: 'HostConfig.IpcMode'},
  isolation: {takes: 'value', into: 'HostConfig.Isolation'},
  // Engines from API 1.42 on pass it over.
  'kernel-memory': {takes: 'value', parse: bytes, into: 'HostConfig.KernelMemory'},
  label: {char: 'l', takes: 'value', parse: label, into: 'Labels{}'},
  'label-file': {takes: 'value', isFile: true, effect: labelFile},
  link: {takes: 'value', parse: link, into: 'HostConfig.Links[]'},
  'link-local-ip': {takes: 'value', effect: firstLinkLocalIp},
  'log-driver': {takes: 'value', into: 'HostConfig.LogConfig.Type'},
  'log-opt': {takes: 'value', parse: keyValue, into: 'HostConfig.LogConfig.Config{}'},
  'mac-address': {takes: 'value', effect: firstMacAddress},
  memory: {char: 'm', takes: 'value', parse: bytes, into: 'HostConfig.Memory'},
  'memory-reservation': {takes: 'value', parse: bytes, into: 'HostConfig.MemoryReservation'},
  'memory-swap': {takes: 'value', parse: bytesOrUnlimited, into: 'HostConfig.MemorySwap'},
  'memory-swappiness': {takes: 'value', parse: swappiness, into: 'HostConfig.MemorySwappiness'},
  mount: {takes: 'value', effect: mount},
  name: {
    takes: 'value',
    effect: ({request}, value, option) => {
      const name = containerName(value, option)
      if (name === undefined) delete request.name
      else request.name = name
    },
  },
  net: {takes: 'value', effect: network},
  'net-alias': {takes: 'value', effect: ({pending}, value) => void (pending.first.Aliases ??= []).push(value)},
  network: {takes: 'value', effect: network},
  'network-alias': {takes: 'value', effect: ({pending}, value) => void (pending.first.Aliases ??= []).push(value)},
  'no-healthcheck': {
    takes: 'nothing',
    effect: ({pending}, value) => void (pending.noHealthcheck = value === 'true'),
  },
  'oom-kill-disable': {takes: 'nothing', into: 'HostConfig.OomKillDisable'},
  'oom-score-adj': {takes: 'value', parse: integer, into: 'HostConfig.OomScoreAdj'},
  pid: {takes: 'value', parse: pidMode, into: 'HostConfig.PidMode'},
  'pids-limit': {takes: 'value', parse: integer, into: 'HostConfig.PidsLimit'},
  platform: {
    takes: 'value',
    effect: ({request}, value, option) => {
      const asked = platform(value, option)
      if (asked === undefined) delete request.platform
      else request.platform = asked
    },
  },
  privileged: {takes: 'nothing', into: 'HostConfig.Privileged'},
  publish: {char: 'p', takes: 'value', effect: publish},
  'publish-all': {char: 'P', takes: 'nothing', into: 'HostConfig.PublishAllPorts'},
  pull: {takes: 'value', effect: pull},
  quiet: {char: 'q', takes: 'nothing', effect: (draft, value) => void (draft.quiet = value === 'true')},
  'read-only': {takes: 'nothing', into: 'HostConfig.ReadonlyRootfs'},
  restart: {takes: 'value', effect: restart},
  rm: {takes: 'nothing', into: 'HostConfig.AutoRemove'},
  runtime: {takes: 'value', into: 'HostConfig.Runtime'},
  'security-opt': {takes: 'value', effect: securityOption},
  'shm-size': {takes: 'value', parse: bytes, into: 'HostConfig.ShmSize'},
  'sig-proxy': {takes: 'nothing', effect: (draft, value) => void (draft.sigProxy = value === 'true')},
  'stop-signal': {takes: 'value', into: 'StopSignal'},
  'stop-timeout': {takes: 'value', parse: integer, into: 'StopTimeout'},
  'storage-opt': {takes: 'value', parse: keyWithValue, into: 'HostConfig.StorageOpt{}'},
  sysctl: {takes: 'value', parse: sysctl, into: 'HostConfig.Sysctls{}'},
  tmpfs: {takes: 'value', effect: tmpfs},
  tty: {char: 't', takes: 'nothing', into: 'Tty'},
  ulimit: {takes: 'value', effect: ulimit},
  umask: {takes: 'value', parse: octal, into: 'HostConfig.Umask', since: '1.56'},
  'use-api-socket': {takes: 'nothing', effect: useApiSocket},
  user: {char: 'u', takes: 'value', into: 'User'},
  userns: {takes: 'value', parse: choiceOf('', 'host'), into: 'HostConfig.UsernsMode'},
  uts: {takes: 'value', parse: choiceOf('', 'host'), into: 'HostConfig.UTSMode'},
  volume: {char: 'v', takes: 'value', effect: volume},
  'volume-driver': {takes: 'value', into: 'HostConfig.VolumeDriver'},
  'volumes-from': {takes: 'value', into: 'HostConfig.VolumesFrom[]'},
  workdir: {char: 'w', takes: 'value', into: 'WorkingDir'},
}
