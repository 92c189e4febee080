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
const FORMAT = 2
/**
 * How far the clocks that tell a file's change and anything else may be apart, in milliseconds: a process's start and
 * the time since the boot are told in hundredths of a second. More would hold for changed since what was configured in
 * the moment before Docker was restarted, as a program does it that configures hosts.
 */
const MARGIN_MS = 100

/** A question to the Engine of what it is. */
export interface Question {
  /** When it was asked, in milliseconds since 1970. */
  readonly asked: number
  /** {@link lifeOf} the Engine then. */
  readonly life: string
}

/** What is kept of an Engine's answer. */
interface Answer {
  readonly info: EngineInfo
  /** The newest version of its API, where it has said that. */
  readonly spoken: string | undefined
}

/**
 * What the host's Engine has said of itself, kept from an earlier run: to say that takes it some twenty milliseconds.
 * Nothing where none has been kept, where it has been started since, and where its configuration was changed since it
 * started, of which a reload may tell it at any time (dockerd(8), "reload").
 */
export function keptInfo(socket: string, places = HOST): Answer | undefined {
  const text = readKept(places.kept, FILE, MOST_BYTES)
  if (text === undefined) return undefined
  try {
    const kept = readJson(text)
    const asked = kept.at('asked').whole(0, Number.MAX_SAFE_INTEGER)
    if (kept.at('life').text() !== lifeOf(socket, asked, places)) return undefined
    return {info: readInfo(kept.at('info')), spoken: kept.at('spoken').text('') || undefined}
  } catch {
    return undefined
  }
}

/** Keeps what an Engine has said of itself. It is asked again where that cannot be kept. */
export function keepInfo(socket: string, {asked, life}: Question, {info, spoken}: Answer, places = HOST): void {
  // What it said may be of the life before.
  if (lifeOf(socket, asked, places) !== life) return
  keep(places.kept, FILE, JSON.stringify({life, asked, spoken, info: infoAnswer(info)}))
}

/**
 * What tells this life of the Engine that listens there from every other; nothing where it may have been given another
 * configuration in it after it was asked, where it is not the host's own, and for another user.
 *
 * @param asked when, in milliseconds since 1970
 */
export function lifeOf(socket: string, asked: number, places = HOST): string | undefined {
  const {uid, pidFile, configuration, procRoot} = places
  if (socket !== places.socket || process.getuid?.() !== uid || hasOwnPids()) return undefined
  const pid = Number(kernelText(pidFile))
  const own = join(procRoot, String(pid))
  const ticks = startTicks(pid, procRoot)
  if (ticks === undefined || kernelText(join(own, 'comm')) !== 'dockerd\n') return undefined
  if (kernelText(join(own, 'cmdline')).includes('--config-file')) return undefined
  try {
    const {dev, ino} = statSync(socket)
    const started = Date.now() - (ageOf(pid, procRoot) ?? Infinity)
    if (!isUnchanged(join(own, 'root', configuration), started, asked)) return undefined
    return [FORMAT, pid, ticks, dev, ino].join(' ')
  } catch {
    return undefined
  }
}

/**
 * Whether the Engine has said what its file of configuration says, whenever it reads that. Nothing may have changed
 * that file since it started, of which a change of its directory tells where it is not there. Where that directory is
 * not there either, whatever is kept beside it changes the one above all the time: then it is enough that nobody has
 * made one since the Engine was asked, as a reload that finds none leaves its runtimes as they are (Docker 28.5).
 */
function isUnchanged(file: string, started: number, asked: number): boolean {
  const there = lstatSync(file, {throwIfNoEntry: false})
  if (there !== undefined && !there.isFile()) return false
  const directory = lstatSync(dirname(file), {throwIfNoEntry: false})
  if (directory === undefined) return lstatSync(dirname(dirname(file))).ctimeMs < asked - MARGIN_MS
  return directory.isDirectory() && Math.max(there?.ctimeMs ?? 0, directory.ctimeMs) < started - MARGIN_MS
}
