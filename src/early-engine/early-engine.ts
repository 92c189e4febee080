import {DockerodeEngine} from '../docker/dockerode-engine.js'
import type {EngineInfo} from '../docker/engine.js'
import {keepInfo, keptInfo, lifeOf} from './kept-info.js'
import {NEVER_ABORTED, abortable} from '../timing.js'

/**
 * An Engine that is asked at once what it is, because the answer takes it some twenty milliseconds (Docker starts runc
 * and docker-init to tell their versions), in which a run has something else to do. Where an earlier run has kept that,
 * it is asked at once whether it is there. It answers to a first `ping` when it has said either, and every `info` is
 * that answer, where there was one, until it is asked again whether it is there.
 */
export class EarlyEngine extends DockerodeEngine {
  #early: Promise<EngineInfo | undefined> | undefined
  #isPinged = false
  #isTold = false

  constructor(path: string, pinned?: string, headers: Readonly<Record<string, string>> = {}) {
    const kept = keptInfo(path)
    super(path, pinned, headers, kept?.spoken)
    const early = kept === undefined ? this.#askAndKeep(path, pinned) : super.ping(NEVER_ABORTED).then(() => kept.info)
    this.#early = early.catch(() => undefined)
  }

  async #askAndKeep(path: string, pinned: string | undefined): Promise<EngineInfo> {
    const asked = Date.now()
    const life = lifeOf(path, asked)
    const info = await super.info(NEVER_ABORTED)
    // With a version that is pinned, what the Engine speaks is not learnt.
    const spoken = pinned === undefined ? await super.apiVersion(NEVER_ABORTED) : undefined
    if (life !== undefined) keepInfo(path, {asked, life}, {info, spoken})
    return info
  }

  override async ping(signal: AbortSignal): Promise<void> {
    const early = this.#isPinged ? undefined : this.#early
    // It may be another one by then.
    if (this.#isTold) this.#early = undefined
    // One that does not say what it is in time, as its containerd hangs, may still answer.
    this.#isPinged = true
    if (early === undefined || (await abortable(signal, early)) === undefined) await super.ping(signal)
  }

  override async info(signal: AbortSignal): Promise<EngineInfo> {
    const early = this.#early === undefined ? undefined : await abortable(signal, this.#early)
    const info = early ?? (await super.info(signal))
    this.#early = Promise.resolve(info)
    this.#isTold = true
    return info
  }
}
