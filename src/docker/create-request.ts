/** Where a published port leads, as the Engine has it: both are strings, an empty one means any. */
export interface PortBinding {
  HostIp: string
  HostPort: string
}

/** A mount of the create request (Engine API, `Mount`). */
export interface Mount {
  Type: string
  Source?: string
  Target?: string
  ReadOnly?: boolean
  Consistency?: string
  BindOptions?: Record<string, unknown>
  VolumeOptions?: Record<string, unknown>
  TmpfsOptions?: Record<string, unknown>
  ImageOptions?: Record<string, unknown>
}

/** What the container has on one of its networks (Engine API, `EndpointSettings`). */
export interface Endpoint {
  IPAMConfig?: {IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[]}
  Links?: string[]
  Aliases?: string[]
  MacAddress?: string
  DriverOpts?: Record<string, string>
  /** From API 1.48 on. */
  GwPriority?: number
}

/** Devices that are asked of a driver (Engine API, `DeviceRequest`). */
export interface DeviceRequest {
  Driver: string
  /** -1 for all. */
  Count: number
  DeviceIDs?: string[]
  Capabilities?: string[][]
  Options?: Record<string, string>
}

/** The part of the create request that belongs to the host (Engine API, `HostConfig`). */
export interface HostConfig {
  AutoRemove: boolean
  Binds: string[]
  Mounts: Mount[]
  Tmpfs: Record<string, string>
  PortBindings: Record<string, PortBinding[]>
  LogConfig: {Type: string; Config: Record<string, string>}
  Ulimits: {Name: string; Soft: number; Hard: number}[]
  CapAdd: string[]
  CapDrop: string[]
  Devices: {PathOnHost: string; PathInContainer: string; CgroupPermissions: string}[]
  DeviceRequests: DeviceRequest[]
  Links: string[]
  SecurityOpt: string[]
  NetworkMode: string
  CgroupParent: string
  /** In bytes. */
  Memory: number
  /** In billionths of a CPU. */
  NanoCpus: number
  Privileged: boolean
  ReadonlyRootfs: boolean
  Init?: boolean
  [field: string]: unknown
}

/**
 * The body of `POST /containers/create` (Engine API 1.41 and later). Lists are there from the start, so that a plugin
 * can add to them.
 */
export interface CreateBody {
  Image: string
  Cmd: string[]
  Entrypoint?: string[]
  /** `NAME=value`; a later entry wins over an earlier one. */
  Env: string[]
  Labels: Record<string, string>
  Volumes: Record<string, Record<string, never>>
  ExposedPorts: Record<string, Record<string, never>>
  Hostname: string
  User: string
  WorkingDir: string
  Tty: boolean
  OpenStdin: boolean
  StdinOnce: boolean
  AttachStdin: boolean
  AttachStdout: boolean
  AttachStderr: boolean
  StopSignal?: string
  /** In seconds. */
  StopTimeout?: number
  HostConfig: HostConfig
  Healthcheck?: Record<string, unknown>
  /** By network, the first of `HostConfig.NetworkMode`; an Engine before API 1.44 takes no more than one. */
  NetworkingConfig?: {EndpointsConfig: Record<string, Endpoint>}
  [field: string]: unknown
}

/** What the Engine is asked to create: the body, and the two things that travel in the query. */
export interface CreateRequest {
  /** The container's name; without one the Engine makes one up. */
  name?: string
  /** `os[/arch[/variant]]`. */
  platform?: string
  /**
   * The version of the Engine API that the request is of, where it has something that is newer than what is spoken
   * else: an Engine drops that from one of an older version.
   */
  api?: string
  body: CreateBody
}

/** A create request for `image` that leaves everything to the Engine's and the image's defaults. */
export function emptyCreateRequest(image: string, command: readonly string[]): CreateRequest {
  return {
    body: {
      Image: image,
      Cmd: [...command],
      Env: [],
      Labels: {},
      Volumes: {},
      ExposedPorts: {},
      Hostname: '',
      User: '',
      WorkingDir: '',
      Tty: false,
      OpenStdin: false,
      StdinOnce: false,
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      HostConfig: {
        AutoRemove: false,
        Binds: [],
        Mounts: [],
        Tmpfs: {},
        PortBindings: {},
        LogConfig: {Type: '', Config: {}},
        Ulimits: [],
        CapAdd: [],
        CapDrop: [],
        Devices: [],
        DeviceRequests: [],
        Links: [],
        SecurityOpt: [],
        NetworkMode: 'default',
        CgroupParent: '',
        Memory: 0,
        NanoCpus: 0,
        Privileged: false,
        ReadonlyRootfs: false,
      },
    },
  }
}
