import {createConnection} from 'node:net'
import {decodeMessage, encodeCall, messageLength, type Call, type Message} from './dbus.js'
import type {UnitName} from './unit.js'

const BUS = 'org.freedesktop.DBus'
const SYSTEMD = 'org.freedesktop.systemd1'
/** What a unit of any type has; all else that is asked for, services have (org.freedesktop.systemd1(5)). */
const OF_ANY_UNIT: readonly string[] = [
  'ActiveState',
  'SubState',
  'StateChangeTimestampMonotonic',
  'InactiveExitTimestampMonotonic',
]
/** Is another one in every state that a unit comes into. */
const STATE_CHANGE = 'StateChangeTimestampMonotonic'
/** How often a unit is asked for whose state changes between two of the answers. */
const ATTEMPTS = 5
/** The most bytes of what is not a whole message yet. */
const MOST_BYTES = 64 * 1024
/** No limit of a time (systemd, src/basic/time-util.h, `USEC_INFINITY`). */
const INFINITE = 2n ** 64n - 1n

/**
 * What systemd says of a service's properties on the bus, in the words of `systemctl show`, without starting that
 * program: it takes this process and itself 8 ms of processor time, and systemd 2 to let it in, which are 0.7 in all
 * where the bus is in already.
 *
 * @returns by a property's name, those that the service has
 * @throws where it cannot be asked so: there is no bus, a unit of another type has other properties, and no lists are
 *   read; and the signal's reason
 */
export async function askByBus<Name extends string>(
  unit: UnitName,
  properties: readonly Name[],
  signal: AbortSignal,
): Promise<Readonly<Partial<Record<Name, string>>>> {
  if (!unit.name.endsWith('.service')) throw new Error(`${unit.name} is no service`)
  const path = busOf(unit.manager)
  // Each answer is of its own moment: all are of one state if that has not changed from the first to the last.
  const asked = [STATE_CHANGE, ...properties, STATE_CHANGE]
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answers = await callAll(path, [helloCall(), ...asked.map((property) => getCall(unit.name, property))], signal)
    const values = answers.slice(1).map((answer, index) => shown(asked[index] ?? '', answer))
    if (values[0] !== values.at(-1)) continue
    const pairs = values.flatMap((value, index) => (value === undefined ? [] : [[asked[index], value] as const]))
    return Object.fromEntries(pairs) as Partial<Record<Name, string>>
  }
  throw new Error(`the state of ${unit.name} changes all the time`)
}

/** Where the bus listens that a manager is on (dbus-daemon(1); pam_systemd(8), `$DBUS_SESSION_BUS_ADDRESS`). */
function busOf(manager: UnitName['manager']): string {
  if (manager === 'system') return '/run/dbus/system_bus_socket'
  const {XDG_RUNTIME_DIR} = process.env
  if (XDG_RUNTIME_DIR === undefined) throw new Error('XDG_RUNTIME_DIR is not set')
  return `${XDG_RUNTIME_DIR}/bus`
}

/** What the bus wants to be called first. */
function helloCall(): Omit<Call, 'serial'> {
  return {destination: BUS, path: '/org/freedesktop/DBus', interface: BUS, member: 'Hello', words: []}
}

function getCall(unit: string, property: string): Omit<Call, 'serial'> {
  return {
    destination: SYSTEMD,
    path: `/org/freedesktop/systemd1/unit/${escaped(unit)}`,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    words: [`${SYSTEMD}.${OF_ANY_UNIT.includes(property) ? 'Unit' : 'Service'}`, property],
  }
}

/** A name as the last part of an object's path (sd_bus_path_encode(3)). */
function escaped(name: string): string {
  return Buffer.from(name)
    .toString('latin1')
    .replaceAll(/^\d|[^A-Za-z\d]/g, (character) => `_${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** Makes the calls at once, on a connection of their own. Resolves with their answers, in the same order. */
async function callAll(
  path: string,
  calls: readonly Omit<Call, 'serial'>[],
  signal: AbortSignal,
): Promise<readonly Message[]> {
  signal.throwIfAborted()
  const socket = createConnection(path)
  const breakOff = (): void => void socket.destroy(signal.reason as Error)
  signal.addEventListener('abort', breakOff)
  try {
    return await new Promise((resolve, reject) => {
      const answers = new Map<number | undefined, Message>()
      let isTaken = false
      let rest = Buffer.alloc(0)
      const read = (chunk: Buffer): void => {
        rest = Buffer.concat([rest, chunk])
        if (!isTaken) {
          const end = rest.indexOf('\r\n')
          if (end === -1) return
          if (!rest.toString('latin1', 0, end).startsWith('OK ')) throw new Error(`${path} does not take this user`)
          rest = rest.subarray(end + 2)
          isTaken = true
          const messages = calls.map((call, index) => encodeCall({...call, serial: index + 1}))
          socket.write(Buffer.concat([Buffer.from('BEGIN\r\n'), ...messages]))
        }
        for (let length = messageLength(rest); length !== undefined && length <= rest.length;) {
          const message = decodeMessage(rest.subarray(0, length))
          if (message.kind !== 'other') answers.set(message.replyTo, message)
          rest = rest.subarray(length)
          length = messageLength(rest)
        }
        const found = calls.flatMap((_, index) => answers.get(index + 1) ?? [])
        if (found.length === calls.length) resolve(found)
        else if (rest.length > MOST_BYTES) throw new Error(`${path} says too much`)
      }
      socket.on('data', (chunk: Buffer) => {
        try {
          read(chunk)
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
      socket.once('error', reject)
      socket.once('close', () => {
        reject(new Error(`${path} has hung up`))
      })
      const user = Buffer.from(String(process.geteuid?.())).toString('hex')
      socket.write(`\0AUTH EXTERNAL ${user}\r\n`)
    })
  } finally {
    signal.removeEventListener('abort', breakOff)
    socket.destroy()
  }
}

/**
 * A property's value as systemctl shows it; nothing where this version of systemd has no such property.
 *
 * @throws where the answer is another
 */
function shown(property: string, {kind, errorName, value}: Message): string | undefined {
  if (kind === 'error' && errorName === 'org.freedesktop.DBus.Error.UnknownProperty') return undefined
  if (value === undefined) throw new Error(errorName ?? `${property} is of a type that is not read`)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (!property.endsWith('USec')) return String(value)
  return value === INFINITE ? 'infinity' : `${String(value)}us`
}
