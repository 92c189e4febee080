import {lstatSync, statSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {keep, readKept} from '../files/kept-file.js'
import {kernelText} from '../kernel/kernel-text.js'
import {ageOf, hasOwnPids, startTicks} from '../kernel/process.js'
import {infoAnswer, readInfo} from '../docker/answers.js'
import {DEFAULT_SOCKET} from '../docker/client/endpoint.js'
import type {EngineInfo} from '../docker/engine.js'
import {readJson} from '../docker/reading.js'

/** Where a host has its Engine, whose that is, and what is kept of it. */
interface EnginePlaces {
  readonly uid: number
  readonly socket: string
  readonly pidFile: string
  readonly configuration: string
  readonly procRoot: string
  /** A directory that its owner alone may use. */
  readonly kept: string
}

/** Docker's own. An Engine that has others is asked each time. */
const HOST: EnginePlaces = {
  uid: 0,
  socket: DEFAULT_SOCKET,
  pidFile: '/run/docker.pid',
  configuration: '/etc/docker/daemon.json',
  procRoot: '/proc',
  kept: '/run/systemd-docker',
}

const FILE = 'engine.json'
const MOST_BYTES = 64 * 1024
/** The next where what is kept is written otherwise, or means something else. */
const FORMAT = 1
/** How far two clocks that tell a file's change and a process's start may be apart, in milliseconds. */
const MARGIN_MS = 1000

/**
 * What the host's Engine has said of itself, kept from an earlier run: to say that takes it some twenty milliseconds.
 * Nothing where none has been kept, where it has been started since, and where its configuration was changed since it
 * started, of which a reload may tell it at any time (dockerd(8), "reload").
 */
export function keptInfo(socket: string, places = HOST): EngineInfo | undefined {
  const life = lifeOf(socket, places)
  const text = life === undefined ? undefined : readKept(places.kept, FILE, MOST_BYTES)
  if (text === undefined) return undefined
  try {
    const kept = readJson(text)
    return kept.at('life').text() === life ? readInfo(kept.at('info')) : undefined
  } catch {
    return undefined
  }
}

/**
 * Keeps what an Engine has said of itself. It is asked again where that cannot be kept.
 *
 * @param life {@link lifeOf} it, before it was asked
 */
export function keepInfo(socket: string, life: string, info: EngineInfo, places = HOST): void {
  // What it said may be of the life before.
  if (lifeOf(socket, places) !== life) return
  keep(places.kept, FILE, JSON.stringify({life, info: infoAnswer(info)}))
}

/**
 * What tells this life of the Engine that listens there from every other; nothing where it may have been given another
 * configuration in it, where it is not the host's own, and for another user.
 */
export function lifeOf(socket: string, places = HOST): string | undefined {
  const {uid, pidFile, configuration, procRoot} = places
  if (socket !== places.socket || process.getuid?.() !== uid || hasOwnPids()) return undefined
  const pid = Number(kernelText(pidFile))
  const own = join(procRoot, String(pid))
  const ticks = startTicks(pid, procRoot)
  if (ticks === undefined || kernelText(join(own, 'comm')) !== 'dockerd\n') return undefined
  if (kernelText(join(own, 'cmdline')).includes('--config-file')) return undefined
  try {
    const {dev, ino} = statSync(socket)
    const startedAt = Date.now() - (ageOf(pid, procRoot) ?? Infinity)
    if (changedAt(join(own, 'root', configuration)) > startedAt - MARGIN_MS) return undefined
    return [FORMAT, pid, ticks, dev, ino].join(' ')
  } catch {
    return undefined
  }
}

/**
 * When a file was last changed, made or removed, in milliseconds since 1970; Infinity if that cannot be known. A change
 * of its directory tells of a file that is not there.
 */
function changedAt(file: string): number {
  const there = lstatSync(file, {throwIfNoEntry: false})
  if (there !== undefined && !there.isFile()) return Infinity
  const directory = lstatSync(dirname(file), {throwIfNoEntry: false}) ?? lstatSync(dirname(dirname(file)))
  return Math.max(there?.ctimeMs ?? 0, directory.isDirectory() ? directory.ctimeMs : Infinity)
}
