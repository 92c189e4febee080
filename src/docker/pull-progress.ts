/** One thing that the Engine says of a pull (Engine API, `POST /images/create`). */
export interface PullMessage {
  /** Such as `Downloading`. */
  readonly status: string
  /** Of the layer that it is about, shortened. */
  readonly id?: string
  /**
   * In bytes, of those of `total`; where there is no total, the seconds that unpacking has taken (moby 28,
   * daemon/containerd/progress.go).
   */
  readonly current?: number
  readonly total?: number
}

/** How far a pull is, as a whole. */
export interface PullProgress {
  readonly doing: 'Pulling' | 'Unpacking'
  /** In bytes, as they are fetched: compressed. */
  readonly done: number
  /** 0 where no layer's size is known. */
  readonly total: number
  /** Whether the total may still grow: the Engine says how large a layer is when it begins to fetch it. */
  readonly isPartial: boolean
  /** How long all is being unpacked, where the Engine tells that in place of bytes. */
  readonly seconds?: number
}

interface Layer {
  status: string
  size: number | undefined
  fetched: number
  unpacked: number
  seconds: number
}

/** Adds up what the Engine says of each layer. */
export class PullTracker {
  readonly #layers = new Map<string, Layer>()

  /** Takes one message, and says whether it tells of anything that moved: waiting and trying again are none. */
  take({status, id, current, total}: PullMessage): boolean {
    const isIdle = /^(?:Waiting|Retrying)/.test(status)
    const layer = id === undefined ? undefined : this.#layers.get(id)
    const isNew = layer === undefined && (/^(?:Pulling fs layer|Extracting)$/.test(status) || (total ?? 0) > 0)
    if (id === undefined || (layer === undefined && !isNew)) return !isIdle
    const before = layer ?? {status: '', size: undefined, fetched: 0, unpacked: 0, seconds: 0}
    const next = after(before, status, current, total)
    if (status === 'Already exists') this.#layers.delete(id)
    else this.#layers.set(id, next)
    const hasMoved = (['status', 'fetched', 'unpacked', 'seconds'] as const).some((part) => next[part] !== before[part])
    return hasMoved && !isIdle
  }

  /** Nothing before any layer's size is known, or all is being unpacked. */
  get progress(): PullProgress | undefined {
    const layers = [...this.#layers.values()]
    const sum = (of: (layer: Layer) => number): number => layers.reduce((total, layer) => total + of(layer), 0)
    const total = sum(({size}) => size ?? 0)
    const seconds = sum((layer) => layer.seconds)
    const fetched = sum((layer) => layer.fetched)
    const isPartial = layers.some(({size, status}) => size === undefined && !isFetched(status))
    if (total === 0 && (seconds === 0 || isPartial)) return undefined
    return fetched < total || isPartial
      ? {doing: 'Pulling', done: fetched, total, isPartial}
      : {
          doing: 'Unpacking',
          done: sum(({unpacked}) => unpacked),
          total,
          isPartial: false,
          ...(seconds === 0 ? {} : {seconds}),
        }
  }

  /** Whether any layer has come that was not there. */
  get hasFetched(): boolean {
    return [...this.#layers.values()].some(({status}) => isFetched(status))
  }

  /**
   * Whether all is fetched and the Engine has not told of any unpacking: Docker 26 and 27 with containerd's image store
   * say nothing until that is done.
   */
  get mayUnpackInSilence(): boolean {
    const layers = [...this.#layers.values()]
    return layers.length > 0 && layers.every(({status}) => isFetched(status) && status !== 'Extracting')
  }
}

function isFetched(status: string): boolean {
  return ['Verifying Checksum', 'Download complete', 'Extracting', 'Pull complete'].includes(status)
}

function after(layer: Layer, status: string, current?: number, total?: number): Layer {
  const size = total !== undefined && total > 0 ? total : layer.size
  if (status === 'Downloading') return {...layer, status, size, fetched: current ?? layer.fetched}
  if (!isFetched(status)) return {...layer, status}
  const fetched = {...layer, status, size, fetched: size ?? 0}
  if (status === 'Pull complete') return {...fetched, unpacked: size ?? 0}
  if (status !== 'Extracting' || current === undefined) return fetched
  // With containerd's image store the Engine tells the seconds that it unpacks for, of no total.
  return total !== undefined && total > 0 ? {...fetched, unpacked: current} : {...fetched, seconds: current}
}
