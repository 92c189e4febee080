import {dirname, join} from 'node:path'
import {setTimeout} from 'node:timers/promises'
import type {Engine, EngineInfo} from '../docker/engine.js'
import {SetupError, reason} from '../errors.js'
import {
  OCI_PROGRAM,
  OCI_RUNTIME,
  SHIM_PROGRAM,
  findContainerd,
  shimIn,
  type DaemonPidFiles,
} from '../placement/containerd.js'
import {takesShims} from '../placement/birth-methods.js'
import {askWithTimeout} from '../timing.js'
import {executeSystemctl} from '../systemd/systemctl.js'
import {dropEmptyRuntimes, registerRuntime, registeredRuntime, unregisterRuntime} from './daemon-json.js'
import {directoryToInstallIn, install, isSame, uninstall} from './install-program.js'

const NO_CONTAINERD = "neither the Engine's containerd nor a dockerd (29 or newer) that embeds it was found"
const RELOAD_PATIENCE_MS = 10_000
const RELOAD_PAUSE_MS = 100

/** What a host is set up with. */
export interface SetupInput {
  readonly engine: Engine
  /** The program that is to be installed. */
  readonly source: string
  readonly daemonJson: string
  readonly containerd: DaemonPidFiles
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** What lets containers be born in their units on this host. */
export interface Piece {
  /** Whether it is in place, in words that stand behind "placement: ". */
  check(): Promise<{readonly isReady: boolean; readonly found: string}>
  /** Puts it in place. @throws {SetupError} */
  set(): Promise<void>
  /** Takes it away. @throws {SetupError} */
  undo(): Promise<void>
}

/** The piece that the host's Engine wants. @throws {EngineUnreachableError} */
export async function pieceFor(host: SetupInput): Promise<Piece> {
  const info = await host.engine.info(host.signal)
  if (takesShims(info)) return shimPiece(host, info)
  return info.cgroupDriver === 'cgroupfs' ? nothingNeeded(info) : runtimePiece(host, info)
}

function nothingNeeded({version, cgroupDriver}: EngineInfo): Piece {
  const found = `Docker ${version} with the cgroup driver ${cgroupDriver} needs no setup`
  return {
    check: () => Promise.resolve({isReady: true, found}),
    set: () => Promise.resolve(),
    undo: () => Promise.resolve(),
  }
}

/** The shim on containerd's PATH. */
function shimPiece({source, containerd, say}: SetupInput, info: EngineInfo): Piece {
  const {version} = info
  return {
    async check() {
      const seen = findContainerd(containerd, info)
      if (seen === undefined) return {isReady: false, found: NO_CONTAINERD}
      const program = shimIn(seen)
      if (program === undefined)
        return {isReady: false, found: `containerd finds no ${SHIM_PROGRAM} in ${seen.path.join(':')}`}
      return (await isSame(join(seen.root, program), source))
        ? {isReady: true, found: `Docker ${version} takes the shim, and containerd finds it at ${program}`}
        : {isReady: false, found: `${program} belongs to another version`}
    },
    async set() {
      const seen = findContainerd(containerd, info)
      if (seen === undefined) throw new SetupError('cannot install the shim', NO_CONTAINERD)
      const present = shimIn(seen)
      const directory = present === undefined ? await directoryToInstallIn(seen.root, seen.path) : dirname(present)
      const program = join(directory, SHIM_PROGRAM)
      await install(source, join(seen.root, program))
      say(`installed ${program}`)
    },
    async undo() {
      const seen = findContainerd(containerd, info)
      if (seen === undefined) throw new SetupError('cannot remove the shim', NO_CONTAINERD)
      for (const directory of seen.path) {
        const program = join(directory, SHIM_PROGRAM)
        if (await uninstall(join(seen.root, program))) say(`removed ${program}`)
      }
    },
  }
}

/** The OCI runtime, registered with the Engine. */
function runtimePiece({engine, source, daemonJson, signal, say}: SetupInput, {version}: EngineInfo): Piece {
  const program = join('/usr/local/bin', OCI_PROGRAM)
  const reload = async (isRegistered: boolean): Promise<void> => {
    try {
      await executeSystemctl(['reload', 'docker.service'], signal)
    } catch (error) {
      throw new SetupError('cannot reload docker.service', reason(error), error)
    }
    const follow = async (patience: AbortSignal): Promise<void> => {
      while ((await engine.info(patience)).runtimes.includes(OCI_RUNTIME) !== isRegistered)
        await setTimeout(RELOAD_PAUSE_MS, undefined, {signal: patience})
    }
    const late = (): Error =>
      new SetupError(
        `the Engine does not follow ${daemonJson}`,
        'check `journalctl -u docker`; does dockerd read another file, or have --add-runtime on its command line?',
      )
    await askWithTimeout(signal, RELOAD_PATIENCE_MS, follow, late)
  }
  return {
    async check() {
      const isKnown = (await engine.info(signal)).runtimes.includes(OCI_RUNTIME)
      if (!isKnown) return {isReady: false, found: `Docker ${version} has no runtime ${OCI_RUNTIME}`}
      if (!(await isSame(program, source)))
        return {isReady: false, found: `${program} is missing or belongs to another version`}
      return {isReady: true, found: `Docker ${version} has the runtime ${OCI_RUNTIME}, at ${program}`}
    },
    async set() {
      const registered = await registeredRuntime(daemonJson, OCI_RUNTIME)
      await install(source, program)
      say(`installed ${program}`)
      if (registered !== program) {
        const kept = await registerRuntime(daemonJson, OCI_RUNTIME, program)
        say(
          `registered the runtime ${OCI_RUNTIME} in ${daemonJson}${kept === undefined ? '' : `; the old file is ${kept}`}`,
        )
      }
      await reload(true)
      say('reloaded docker.service; no container was touched')
    },
    async undo() {
      if ((await registeredRuntime(daemonJson, OCI_RUNTIME)) !== undefined) {
        await unregisterRuntime(daemonJson, OCI_RUNTIME)
        say(`removed the runtime ${OCI_RUNTIME} from ${daemonJson}`)
        await reload(false)
        await dropEmptyRuntimes(daemonJson)
        say('reloaded docker.service; no container was touched')
      }
      if (await uninstall(program)) say(`removed ${program}`)
    },
  }
}
