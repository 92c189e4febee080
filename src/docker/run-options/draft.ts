import {emptyCreateRequest, type CreateRequest, type Endpoint} from '../create-request.js'

/** How an image is come by. */
type PullPolicy = 'always' | 'missing' | 'never'

/** Something on the line that not every Engine knows. */
interface Need {
  /** As it stands on the line, for messages. */
  readonly option: string
  /** The first version of the Engine API that has it, such as `1.44`. */
  readonly api: string
}

/** A network that a container is to be on, as the words of one `--network` have it. */
export interface Network {
  name: string
  readonly endpoint: Endpoint
}

/** What the words after `run` ask for. */
export interface RunRequest {
  readonly request: CreateRequest
  readonly pull: PullPolicy
  /** Whether a terminal is not to be told how far a pull is. */
  readonly quiet?: true
  /**
   * Whether the container goes at its end, its anonymous volumes too. The request says whether the Engine sees to that.
   */
  readonly rm?: true
  /** Whether the line has `--detach`. */
  readonly detached?: true
  /** The file that the id of a container that is made is written to. */
  readonly cidFile?: string
  /** What the line has that not every Engine knows. */
  readonly needs?: readonly Need[]
  /** Whether a signal that is not for us goes to the container; it does unless this says no. */
  readonly sigProxy?: boolean
}

/** What the words after `run` come to, as it is being put together. */
export interface Draft {
  readonly request: CreateRequest
  pull: PullPolicy
  /** Whether a terminal is not to be told how far a pull is. */
  quiet: boolean
  /** The file that the container's id is written to. */
  cidFile?: string
  readonly needs: Need[]
  /** Whether signals are passed on to the container, where the line says. */
  sigProxy?: boolean
  /** What only all options together decide. */
  readonly pending: {
    readonly networks: Network[]
    /** What the first network has besides. */
    readonly first: Endpoint
    readonly cdiDevices: string[]
    readonly attached: Set<string>
    detached: boolean
    noHealthcheck: boolean
  }
}

/** What an option's values depend on besides the line itself. */
export interface OptionContext {
  readonly env: Readonly<NodeJS.ProcessEnv>
  /** Absolute; what relative paths are relative to. */
  readonly cwd: string
  /** What the container is told of proxies unless the line says otherwise, as `NAME=value`. */
  readonly proxies: readonly string[]
  /** Gives up the reading of a file that the line names. */
  readonly signal: AbortSignal
}

/** Puts one value of an option where it belongs. `option` is its spelling for messages. */
export type Effect = (draft: Draft, value: string, option: string, around: OptionContext) => void | Promise<void>

/** Nothing but an image and the container's words. */
export function emptyDraft(image: string, command: readonly string[]): Draft {
  return {
    request: emptyCreateRequest(image, command),
    pull: 'missing',
    quiet: false,
    needs: [],
    pending: {
      networks: [],
      first: {},
      cdiDevices: [],
      attached: new Set(),
      detached: false,
      noHealthcheck: false,
    },
  }
}
