import type {Readable} from 'node:stream'
import {isNotAttachable} from '../docker/engine.js'
import {EngineUnreachableError, hasErrorCode, reason} from '../errors.js'
import type {CreatedContainer, Host, RunHooks} from '../pipeline/contract.js'
import {AWAITED_LOOK_MS} from '../limits.js'
import {LABELS, ownerOf} from '../pipeline/labels.js'
import {ContainerBrake} from './container-brake.js'
import {forwardLog, forwardOutput} from './forward-output.js'
import {findJoin, writtenUpTo, type LogJoin} from './log-join.js'
import {ownOutputs, type OutletMaker} from './outlet.js'
import {nothingWritten, type OutputTails} from './output-tail.js'
import {unitOutput} from '../systemd/unit-output.js'
import {sleep} from '../timing.js'

/** What writing fails with when whoever read has gone away. */
const READER_IS_GONE = ['EPIPE', 'ECONNRESET']

/** What reading an answer fails with that the Engine has not finished (src/docker/http/exchange.ts). */
const ANSWER_IS_CUT = 'ECONNRESET'

/** Until when a log is read that is read as far as it goes, in milliseconds since 1970. */
const FOREVER = Date.UTC(3000, 0)
/** Who finds no more that is new in a log has read it to its end, and reads that before it can be rotated twice. */
const LITTLE_BYTES = 64 * 1024

/** Of a container that says something as often as this, the Engine may be in the middle of reading it. */
const TALKING_MS = 1000

/**
 * By this process, which stays for it: the container's output becomes ours, or goes where somebody else makes an outlet
 * for it.
 */
export function forwarding(
  host: Pick<Host, 'engine' | 'log' | 'unit' | 'env' | 'stopping'>,
  maker?: OutletMaker,
): Partial<RunHooks> {
  const {engine, log, unit, stopping} = host
  /**
   * The running container that an earlier run of the unit has made, as long as this one has written nothing of it: only
   * the journal tells exactly how far that came.
   */
  let left: string | undefined
  let tails: OutputTails | undefined
  let open: Readable | undefined
  let forwarded: Promise<void> | undefined
  let wasTalking = false
  let outlet = ownOutputs()
  let isBroken = false
  const broke = (error: Error): void => {
    if (isBroken || hasErrorCode(error, ...READER_IS_GONE)) return
    isBroken = true
    outlet.giveUp?.()
    log.warn(`output of the container is lost from here on: ${reason(error)}`)
  }
  const traits = {broke, stopping}
  const closed = new AbortController()
  const close = (): void => {
    closed.abort()
    open?.destroy()
  }
  /** Passes the output on; what comes next in the journal, which may be a word of ours, is a line of its own. */
  const carry = async (written: OutputTails, act: () => Promise<void>): Promise<void> => {
    unitOutput.begin()
    try {
      await act()
      // What does not take the rest any more is not waited for.
      if (!isBroken) await outlet.flush?.()
    } finally {
      const {stdout, stderr} = written
      wasTalking = [stdout, stderr].some((tail) => Date.now() - tail.at < TALKING_MS && tail.read().text.length > 0)
      const isByLine = outlet.stdout === outlet.stderr
      if (isByLine && !(stdout.isAtLineStart && stderr.isAtLineStart)) outlet.stdout.write('\n')
      unitOutput.end(isByLine || outlet.flush !== undefined || stderr.isAtLineStart)
    }
  }
  const forward = async (stream: Readable, tty: boolean): Promise<void> => {
    open = stream
    const written = (tails ??= nothingWritten(Date.now()))
    const {stdout, stderr} = outlet
    await carry(written, () => forwardOutput(stream, tty, stdout, stderr, written, traits))
  }
  const forwardRest = async (container: CreatedContainer): Promise<void> => {
    const {id, tty} = container
    const read = async (since: number, until?: number): Promise<Readable> =>
      (open = await engine.logs(id, {since, ...(until === undefined ? {} : {until})}, closed.signal))
    let earlier: LogJoin | undefined
    if (left === id) {
      const {joinEarlierRun} = await import('./earlier-run.js')
      earlier = await joinEarlierRun(host, container, outlet.isNative === true, read, closed.signal)
      if (earlier === undefined) left = undefined
      else tails = writtenUpTo(earlier)
    }
    const written = (tails ??= nothingWritten(Date.now()))
    const join = earlier ?? (await findJoin(written, tty, read))
    const lost = (since: number, until: bigint): void => {
      const to = new Date(Number(until / 1_000_000n))
      log.warn(
        `output of the container from ${new Date(since).toISOString()} to ${to.toISOString()} may be missing here, because Docker's log no longer has what came before`,
      )
    }
    let next = join
    const forwardNext = async (brake?: ContainerBrake): Promise<{isLate: boolean; bytes: number}> => {
      const rest = await read(next.since, brake === undefined ? FOREVER : undefined)
      const traitsOfLog = brake === undefined ? traits : {...traits, brake}
      const done = await forwardLog(rest, tty, outlet.stdout, outlet.stderr, written, next, lost, traitsOfLog)
      next = done.join
      if (done.bytes > 0) left = undefined
      return done
    }
    const brake = new ContainerBrake(engine, id)
    const follow = async (): Promise<boolean> => {
      brake.letGo()
      try {
        return (await forwardNext(brake)).isLate
      } finally {
        brake.hold()
      }
    }
    /** Nobody reads any more. */
    const isOver = (): boolean => closed.signal.aborted || (isBroken && stopping.aborted)
    await carry(written, async () => {
      try {
        for (let isLate = true; isLate && !isOver();) {
          await brake.attach(closed.signal)
          const {bytes} = await forwardNext()
          if (!isOver() && bytes < LITTLE_BYTES) isLate = await follow()
        }
      } finally {
        brake.detach()
      }
    })
  }
  const forwardRestOrNew = async (container: CreatedContainer): Promise<void> => {
    try {
      await forwardRest(container)
    } catch (error) {
      // An Engine that has gone away again is heard of again.
      if (error instanceof EngineUnreachableError || closed.signal.aborted) return
      if (hasErrorCode(error, ANSWER_IS_CUT)) {
        // So it is about to go away, as a rule.
        await sleep(AWAITED_LOOK_MS, closed.signal)
        await forwardRestOrNew(container)
        return
      }
      left = undefined
      const {stdout, stderr} = (tails ??= nothingWritten(Date.now()))
      const since = new Date(Math.max(stdout.at, stderr.at)).toISOString()
      log.warn(
        `output of the container may be missing here, from ${since} on, because Docker keeps no log that can be read: ${reason(error)}`,
      )
      await forward(await engine.attach(container.id, 'output', closed.signal), container.tty)
    }
  }
  /** An Engine that ends takes with it what it has read of a container and not written yet, which nobody can know. */
  const sayLost = (): void => {
    if (wasTalking)
      log.info(
        'the Engine may have lost output of the container when it ended, because what it had read and not yet written is in no log',
      )
  }
  /** The Engine is asked in the background, so that a stop does not wait for that. */
  const goOn = (container: CreatedContainer): void => {
    const before = forwarded
    forwarded = (async () => {
      // What came before is written first, so that all comes in order.
      await before
      if (!closed.signal.aborted) await forwardRestOrNew(container)
    })().catch((error: unknown) => {
      log.warn(`output of the container is not forwarded from here on: ${reason(error)}`)
    })
  }
  const fitTerminal = async ({id, tty}: CreatedContainer): Promise<void> => {
    const {isTTY, rows, columns} = process.stdout
    if (!tty || !isTTY) return
    await engine.resize(id, {rows, columns}, closed.signal).catch((error: unknown) => {
      if (!closed.signal.aborted) log.warn(`the container's terminal keeps its size: ${reason(error)}`)
    })
  }
  return {
    ...(maker === undefined ? {} : {resolve: maker.resolve}),
    reconcile({found: {id, running, labels}}) {
      left = running && unit !== undefined && labels?.[LABELS.unit] === ownerOf(unit) ? id : undefined
    },
    // Before the container starts, so that its first line is not missed.
    async start({container, signal, defer}) {
      if (maker !== undefined) outlet = await maker.open(container, {signal, defer})
      defer('close the stream of the output', close)
      if (left === container.id) {
        tails = nothingWritten(Date.now())
        goOn(container)
        return
      }
      try {
        forwarded = forward(await engine.attach(container.id, 'output', signal), container.tty)
      } catch (error) {
        if (!isNotAttachable(error)) throw error
        goOn(container)
      }
    },
    async ready({container, defer}) {
      const fitAgain = (): void => void fitTerminal(container)
      process.stdout.on('resize', fitAgain)
      defer("leave the container's terminal at its size", () => {
        process.stdout.off('resize', fitAgain)
      })
      await fitTerminal(container)
    },
    async restarted({container}) {
      goOn(container)
      await fitTerminal(container)
    },
    reconnected({container}) {
      forwarded = Promise.resolve(forwarded).then(sayLost)
      goOn(container)
    },
    exited: () => forwarded,
    resident: () => "it forwards the container's output",
    describe: () => [maker?.what ?? "forward the container's output to standard output and standard error"],
  }
}
