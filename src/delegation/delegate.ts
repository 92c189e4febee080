import {join} from 'node:path'
import type {CreateRequest} from '../docker/create-request.js'
import type {Log} from '../log.js'
import type {FinishContext, Host, RunHooks} from '../pipeline/contract.js'
import {ownerOf} from '../pipeline/labels.js'
import {sha256} from '../pipeline/sha256.js'
import {stateDirectory} from '../files/state-directory.js'
import type {UnitState} from '../systemd/notify-filter.js'
import {NotifyRelay} from '../systemd/notify-relay.js'
import {SOCKET_NAME, isRelayKey, relayDirectory, removeRelayDirectory} from '../systemd/notify-socket.js'
import {openNotifier} from '../systemd/notifier.js'
import {propertiesOf} from '../systemd/properties.js'
import {millisecondsOf} from '../systemd/timespan.js'
import type {UnitName} from '../systemd/unit.js'
import {giveSocket, handsSocketOn, takeSocketOff} from './request.js'
import {sayWhyNot, wayToRelay, type RelayWay} from './way.js'

/** The label that says at the container's end which directory a killed run may have left. */
const LABEL = 'systemd-docker.notify'

/**
 * The container says itself when it is ready, and tells systemd more of the unit: by a relay that passes on what a
 * container may say or, where there is none or it is not wanted, by the socket of systemd itself.
 */
export function delegate(wanted: 'relay' | 'raw', socket: string, host: Host): Partial<RunHooks> {
  let relay: NotifyRelay | undefined
  return {
    resolve({request}) {
      takeSocketOff(request, socket)
      const way = wanted === 'raw' ? undefined : wayToRelay(host)
      if (way !== undefined && 'open' in way) relay = relayFor(request, way, host)
      else {
        if (way !== undefined) sayWhyNot(way, host)
        else if (host.handover) sayWhyNot({why: '--notify=raw is set', mend: undefined}, host)
        giveSocket(request, {path: socket, isReadOnly: false, socket}, host.env)
      }
    },
    start({defer}) {
      const opened = relay
      if (opened === undefined) return
      opened.open()
      defer("close the container's notification socket", () => {
        opened.close()
      })
    },
    ready({afterwards}) {
      // Else our own word would replace a status that the container has given already.
      afterwards(() => relay?.pass())
      return 'delegated'
    },
    exited: () => relay?.end(),
    resident: () => (relay === undefined ? undefined : "it passes the container's messages to systemd"),
    describe: () => (relay === undefined ? [] : ["pass the container's messages to systemd"]),
  }
}

/** A line that gives the container the socket of systemd itself means what `--notify=raw` means. */
export function heedLine(socket: string, {log}: Host): Partial<RunHooks> {
  let isHandedOn = false
  return {
    resolve({request}) {
      isHandedOn = handsSocketOn(request, socket)
      if (isHandedOn)
        log.info(
          "the line gives the container systemd's own notification socket, so the container says itself when it is ready; --notify before `run` does that, and passes on only what a container may say",
        )
    },
    ready: () => (isHandedOn ? 'delegated' : undefined),
  }
}

/** Says that the container, too, can make the unit ready, if the line gives it the socket of systemd itself. */
export function warnOfLine(request: CreateRequest, socket: string | undefined, ready: string, log: Log): void {
  if (socket !== undefined && handsSocketOn(request, socket))
    log.warn(
      `the line gives the container systemd's own notification socket, so its READY=1 makes the unit ready before --ready ${ready} does: set --notify=ignore`,
    )
}

/** Removes what a killed run has left of the relay of a container that has ended. */
export function removeRelay({labels}: Pick<FinishContext, 'labels'>, {env}: Pick<Host, 'env'>): void {
  const state = stateDirectory(env)
  const key = labels[LABEL]
  if (state !== undefined && key !== undefined && isRelayKey(key)) removeRelayDirectory(relayDirectory(state, key))
}

/** The relay of a container, which is given its socket. */
function relayFor(request: CreateRequest, {open, state}: RelayWay, {env, log, unit}: Host): NotifyRelay {
  const key = keyOf(request, unit)
  const directory = relayDirectory(state, key)
  request.body.Labels[LABEL] = key
  giveSocket(request, {path: directory, isReadOnly: true, socket: join(directory, SOCKET_NAME)}, env)
  return new NotifyRelay({
    open,
    directory,
    openNotifier: () => openNotifier(env, log.debug),
    bounds: {watchdog: watchdogOf(env)},
    askUnit: (signal) => stateOf(unit, signal),
    log,
  })
}

/** The same for each start of a container, which keeps its mounts from the first. */
function keyOf({name, body: {Image, Cmd}}: CreateRequest, unit: UnitName | undefined): string {
  const who = name ?? JSON.stringify([Image, Cmd, unit === undefined ? process.pid : ''])
  const owner = unit === undefined ? '' : ownerOf(unit)
  return sha256(`${owner}\n${who}`).slice(0, 16)
}

/** The unit's `WatchdogSec=`, in microseconds, where it is this process that it asks. */
function watchdogOf({WATCHDOG_USEC = '', WATCHDOG_PID = ''}: Host['env']): number | undefined {
  const isOurs = ['', String(process.pid)].includes(WATCHDOG_PID)
  return isOurs && /^[1-9]\d*$/.test(WATCHDOG_USEC) ? Number(WATCHDOG_USEC) : undefined
}

async function stateOf(unit: UnitName | undefined, signal: AbortSignal): Promise<UnitState | undefined> {
  const said = unit && (await propertiesOf(unit, ['ActiveState', 'TimeoutStartUSec'], signal))
  const limit = millisecondsOf(said?.TimeoutStartUSec ?? '')
  return said?.ActiveState === undefined || limit === undefined
    ? undefined
    : {activeState: said.ActiveState, startTimeout: limit * 1000}
}
