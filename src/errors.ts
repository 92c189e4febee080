/** The exit status when the Engine or this program failed, as docker run has it. */
export const EXIT_OURS = 125
/** The exit status when the container's command was found but could not be run. */
const EXIT_CANNOT_INVOKE = 126
/** The exit status when the container's command was not found. */
const EXIT_NOT_FOUND = 127

/**
 * Every failure that this program has a word for. The message is one line: what failed, on what, why, and what to try;
 * `code` is stable and is what plugins and tests compare.
 */
export abstract class SystemdDockerError extends Error {
  abstract readonly code: string
  /** What the process ends with. */
  readonly exitStatus: number = EXIT_OURS

  constructor(message: string, options?: ErrorOptions) {
    super(oneLine(message), options)
  }

  /** One for all: the executable's classes have the short names that its build gives them. */
  override get name(): string {
    return 'SystemdDockerError'
  }
}

/** The line has no command, or one that nobody knows. */
export class UnknownCommandError extends SystemdDockerError {
  readonly code = 'UNKNOWN_COMMAND'
  constructor(typed: string | undefined, meant?: string) {
    super(
      typed === undefined
        ? 'no command given: use `systemd-docker run [docker run options] IMAGE`, or see --help'
        : `unknown command '${typed}'${meant === undefined ? '' : `, did you mean '${meant}'?`} (see systemd-docker --help)`,
    )
  }
}

/** An option that nobody knows, or not on this side of `run`. */
export class UnknownOptionError extends SystemdDockerError {
  readonly code = 'UNKNOWN_OPTION'
  constructor(spelling: string, hint: string | undefined) {
    super(`unknown option ${spelling}${hint === undefined ? '' : `, ${hint}`} (see systemd-docker run --help)`)
  }
}

/** An option that needs a value stands last on the line. */
export class MissingValueError extends SystemdDockerError {
  readonly code = 'MISSING_VALUE'
  constructor(spelling: string) {
    super(`option ${spelling} needs a value`)
  }
}

/** A value that its option cannot take. */
export class BadValueError extends SystemdDockerError {
  readonly code = 'BAD_VALUE'
  constructor(
    option: string,
    value: string,
    readonly why: string,
  ) {
    super(`invalid value ${JSON.stringify(value)} for ${option}: ${why}`)
  }
}

/** An option of docker run that has no place under systemd, or is not supported. */
export class RefusedOptionError extends SystemdDockerError {
  readonly code = 'REFUSED_OPTION'
  constructor(option: string, why: string) {
    super(`option ${option} is refused: ${why}`)
  }
}

/** Two options of docker run that contradict each other. */
export class ConflictingOptionsError extends SystemdDockerError {
  readonly code = 'CONFLICTING_OPTIONS'
  constructor(one: string, other: string, why: string) {
    super(`${one} and ${other} cannot be used together: ${why}`)
  }
}

/** An option needs a newer Engine than there is. */
export class EngineTooOldError extends SystemdDockerError {
  readonly code = 'ENGINE_TOO_OLD'
  constructor(option: string, needed: string, spoken: string) {
    super(
      `option ${option} needs an Engine with API ${needed}, and this one has ${spoken}: leave the option out, or update Docker`,
    )
  }
}

/** The container's id cannot be written where `--cidfile` says. */
export class CidFileError extends SystemdDockerError {
  readonly code = 'CID_FILE'
  constructor(path: string, why: string, cause?: unknown) {
    super(`cannot write the container's id to ${path}, which --cidfile names: ${why}`, {cause})
  }
}

/** `run` without an image. */
export class MissingImageError extends SystemdDockerError {
  readonly code = 'MISSING_IMAGE'
  constructor() {
    super('run needs an image: systemd-docker [options] run [docker run options] IMAGE [COMMAND] [ARG...]')
  }
}

/** A file that an option names could not be read. */
export class UnreadableFileError extends SystemdDockerError {
  readonly code = 'UNREADABLE_FILE'
  constructor(option: string, path: string, cause: unknown) {
    super(`cannot read ${path}, which ${option} names: ${reason(cause)}`, {cause})
  }
}

/** A file that somebody else may have put there is none that is read. */
export class IrregularFileError extends SystemdDockerError {
  readonly code = 'IRREGULAR_FILE'
  constructor(
    path: string,
    readonly why: string,
    cause?: unknown,
  ) {
    super(`cannot read ${path}: ${why}`, {cause})
  }
}

/** The configuration says something that cannot be, or could not be read. */
export class ConfigurationError extends SystemdDockerError {
  readonly code = 'CONFIGURATION'
  constructor(file: string, what: string, cause?: unknown) {
    super(`${file}: ${what}`, {cause})
  }
}

/** Nobody listens where the Engine should be, or it went away in the middle. */
export class EngineUnreachableError extends SystemdDockerError {
  readonly code = 'ENGINE_UNREACHABLE'
  constructor(address: string, cause: unknown) {
    const mend = hasErrorCode(cause, 'EAFNOSUPPORT')
      ? "the unit's RestrictAddressFamilies= must have AF_UNIX"
      : 'is docker.service running, and does the unit have Requires= and After=docker.service?'
    super(`cannot reach the Docker Engine at ${address}: ${reason(cause)}; ${mend}`, {cause})
  }
}

/** The Engine's socket may not be opened by this user. */
export class EngineForbiddenError extends SystemdDockerError {
  readonly code = 'ENGINE_FORBIDDEN'
  constructor(address: string, cause: unknown) {
    super(
      `not allowed to open the Docker Engine's socket ${address}; run the unit as root, or as a member of the socket's group (SupplementaryGroups=docker) with --cgroups none`,
      {cause},
    )
  }
}

/** Where the Engine is said to be is nowhere that a unit can use. */
export class EngineAddressError extends SystemdDockerError {
  readonly code = 'ENGINE_ADDRESS'
  constructor(what: string, why: string) {
    super(`cannot use ${what}: ${why}`)
  }
}

/** Something needs a PID of this host, and the Engine's are those of another PID namespace. */
export class EngineElsewhereError extends SystemdDockerError {
  readonly code = 'ENGINE_ELSEWHERE'
  constructor(address: string, asked: string) {
    super(
      `${asked} cannot be used: the PIDs of the Engine at ${address} are not this host's, as with Docker Desktop, an Engine in a container, ProtectProc= without root, or PrivatePIDs=; leave it out, or use this host's own Engine`,
    )
  }
}

/** The Engine answered a request with an error. */
export class EngineRefusedError extends SystemdDockerError {
  readonly code = 'ENGINE_REFUSED'
  constructor(
    doing: string,
    readonly statusCode: number,
    readonly answer: string,
    cause: unknown,
  ) {
    super(`the Engine failed to ${doing}: ${answer} (HTTP ${String(statusCode)})`, {cause})
  }
}

/** The Engine gave an answer that is not as the Engine API has it. */
export class EngineAnswerError extends SystemdDockerError {
  readonly code = 'ENGINE_ANSWER'
  constructor(address: string, doing: string, why: string, cause?: unknown) {
    super(
      `the Engine at ${address} was asked to ${doing} and returned an invalid answer: ${why}; is a Docker Engine listening there?`,
      {cause},
    )
  }
}

/** The Engine does not take the version of its API that it is asked with. */
export class EngineVersionError extends SystemdDockerError {
  readonly code = 'ENGINE_VERSION'
  constructor(address: string, answer: string, pinned: string | undefined, cause?: unknown) {
    super(
      `the Engine at ${address} does not support the API version: ${answer}; ${
        pinned === undefined
          ? 'update the older of systemd-docker and Docker'
          : `DOCKER_API_VERSION=${pinned} sets that version: unset it to use the newest one that both support`
      }`,
      {cause},
    )
  }
}

/** The image is not on the host, and `--pull=never` forbids fetching it. */
export class ImageMissingError extends SystemdDockerError {
  readonly code = 'IMAGE_MISSING'
  constructor(image: string) {
    super(`image ${image} is not on this host and --pull=never forbids fetching it; run \`docker pull ${image}\` first`)
  }
}

/** The image could not be fetched. */
export class PullError extends SystemdDockerError {
  readonly code = 'PULL'
  constructor(
    image: string,
    readonly answer: string,
    cause?: unknown,
  ) {
    super(`cannot pull image ${image}: ${answer}; check the name, the tag and the connection to the registry`, {cause})
  }
}

/** The container's name belongs to a container that cannot be taken over. */
export class NameTakenError extends SystemdDockerError {
  readonly code = 'NAME_TAKEN'
  constructor(name: string, why: string) {
    super(`the container name ${name} is taken: ${why}; try again, or look at \`docker ps -a --filter name=${name}\``)
  }
}

/**
 * The container's name belongs to a container of another unit, which is not over, or of which systemd does not say so.
 */
export class NameClaimedError extends SystemdDockerError {
  readonly code = 'NAME_CLAIMED'
  constructor(name: string, owner: string, is: 'in use' | 'unknown' | 'of another command') {
    super(
      is === 'of another command'
        ? `the container name ${name} belongs to another command of ${owner}, which has used it in this start: give the container of each command a --name of its own`
        : is === 'in use'
          ? `the container name ${name} belongs to ${owner}, which is using it: give one of the two units another --name`
          : `the container name ${name} belongs to ${owner}, and systemd does not report whether that unit has ended: try again, or give one of the two units another --name`,
    )
  }
}

/** A container with the line's name was made from another line, and `--on-drift=fail` forbids using it. */
export class DriftError extends SystemdDockerError {
  readonly code = 'DRIFT'
  constructor(name: string, drift: string) {
    super(
      `container ${name} ${drift}, and --on-drift=fail does not allow that: remove it with \`docker rm --force ${name}\`, or use --on-drift=replace`,
    )
  }
}

/** The container cannot be left to systemd alone, which `--handover` asks for. */
export class HandoverError extends SystemdDockerError {
  readonly code = 'HANDOVER'
  constructor(reasons: readonly string[]) {
    super(`--handover is refused: ${reasons.join('; ')}; fix that, or leave --handover out`)
  }
}

/** The unit is stopped by a signal that would end this program, and give the container no time. */
export class KillSignalError extends SystemdDockerError {
  readonly code = 'KILL_SIGNAL'
  constructor(name: string) {
    super(
      `KillSignal=${name} is refused: Node cannot handle real-time signals, so a stop would kill systemd-docker and give the container no time; leave it out, and set the container's own stop signal with --stop-signal ${name}`,
    )
  }
}

/** The unit is reloaded by a signal that would end this program. */
export class ReloadSignalError extends SystemdDockerError {
  readonly code = 'RELOAD_SIGNAL'
  constructor(name: string) {
    super(
      `ReloadSignal=${name} is refused: Node cannot handle real-time signals, so a reload would kill systemd-docker; leave it out, and reload the container with --reload-exec`,
    )
  }
}

/** What systemd expects of this process by the unit's `Type=` cannot be. */
export class UnitTypeError extends SystemdDockerError {
  readonly code = 'UNIT_TYPE'
  constructor(unit: string, type: string) {
    super(
      `${unit} has Type=${type}, so systemd waits for this command to end, and systemd-docker stays while the container runs: add --detach behind \`run\`, or set Type=notify`,
    )
  }
}

/** `finish` cannot do what it is for. */
export class FinishError extends SystemdDockerError {
  readonly code = 'FINISH'
  constructor(why: string) {
    super(`cannot finish the unit: ${why}`)
  }
}

/** The container's command is there but cannot be run. */
export class CannotInvokeError extends SystemdDockerError {
  readonly code = 'CANNOT_INVOKE'
  override readonly exitStatus = EXIT_CANNOT_INVOKE
  constructor(answer: string, cause: unknown) {
    super(`the container's command cannot be run: ${answer}`, {cause})
  }
}

/** The container's command is not in the image. */
export class CommandNotFoundError extends SystemdDockerError {
  readonly code = 'COMMAND_NOT_FOUND'
  override readonly exitStatus = EXIT_NOT_FOUND
  constructor(answer: string, cause: unknown) {
    super(`the container's command was not found: ${answer}`, {cause})
  }
}

/**
 * The container has ended, or turned unhealthy, before it was ready, or takes too long. `output` is what it said last;
 * `exitStatus` is what the process ends with: the container's own status where that says anything.
 */
export class NotReadyError extends SystemdDockerError {
  readonly code = 'NOT_READY'
  override readonly exitStatus: number
  constructor(
    readonly why: string,
    {output = '', exitStatus = 0, cause}: {output?: string; exitStatus?: number; cause?: unknown} = {},
  ) {
    super(`the container is not ready: ${why}${output === '' ? '' : `; its last output: ${output}`}`, {cause})
    this.exitStatus = exitStatus === 0 ? EXIT_OURS : exitStatus
  }
}

/** The program that runs the container, which it was made for, is not on the host. */
export class RuntimeMissingError extends SystemdDockerError {
  readonly code = 'RUNTIME_MISSING'
  constructor(answer: string, cause: unknown) {
    super(
      `the container's runtime is not on this host: ${answer}; run \`systemd-docker setup\` to install systemd-docker's own, or \`docker rm\` to have the container recreated`,
      {cause},
    )
  }
}

/** The pid file cannot be where it was asked to be. */
export class PidFileError extends SystemdDockerError {
  readonly code = 'PID_FILE'
  constructor(path: string, why: string, cause?: unknown) {
    super(`cannot write the pid file ${path}: ${why}; name a file in a directory that exists, such as /run/%n.pid`, {
      cause,
    })
  }
}

/** systemd's notification socket took no message. */
export class NotifyError extends SystemdDockerError {
  readonly code = 'NOTIFY'
  constructor(socket: string, why: string, cause?: unknown) {
    super(`cannot notify systemd at ${socket}: ${why}`, {cause})
  }
}

/** The container's processes could not be moved into the unit's cgroup. */
export class CgroupError extends SystemdDockerError {
  readonly code = 'CGROUP'
  constructor(directory: string, why: string, cause?: unknown) {
    super(
      `cannot move the container's processes into ${directory}: ${why}; --cgroups none leaves them in Docker's cgroup`,
      {cause},
    )
  }
}

/** What this program keeps for itself could not be written. */
export class StateError extends SystemdDockerError {
  readonly code = 'STATE'
  constructor(directory: string, why: string, cause?: unknown) {
    super(`cannot write state to ${directory}: ${why}`, {cause})
  }
}

/** The host could not be set up. */
export class SetupError extends SystemdDockerError {
  readonly code = 'SETUP'
  constructor(what: string, why: string, cause?: unknown) {
    super(`${what}: ${why}`, {cause})
  }
}

/** A site's plugins could not be loaded, or two plugins claim the same name or option. */
export class PluginLoadError extends SystemdDockerError {
  readonly code = 'PLUGIN_LOAD'
  constructor(who: string, why: string, cause?: unknown) {
    super(`plugin ${who} cannot be used: ${why}`, {cause})
  }
}

/** A plugin failed in a phase. What failed in it is the `cause`; the exit status is the cause's where it has one. */
export class PluginError extends SystemdDockerError {
  readonly code = 'PLUGIN'
  override readonly exitStatus: number
  constructor(
    readonly plugin: string,
    readonly phase: string,
    cause: unknown,
  ) {
    super(`${plugin} (${phase}): ${reason(cause)}`, {cause})
    this.exitStatus = cause instanceof SystemdDockerError ? cause.exitStatus : EXIT_OURS
  }
}

/** The run was asked to stop by `by` before the container was ready. */
export class StoppedError extends SystemdDockerError {
  readonly code = 'STOPPED'
  constructor(readonly by: string) {
    super(`stopped by ${by} before the container was ready`)
  }
}

/** An invariant of this program does not hold. */
export class DefectError extends SystemdDockerError {
  readonly code = 'DEFECT'
  constructor(what: string) {
    super(`${what}; this is a defect in systemd-docker, please report it`)
  }
}

/** The words of a failure, whatever was thrown, on one line. */
export function reason(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return oneLine(text)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}

/** Whether a system call failed with one of these error codes (errno(3)), for example `ENOENT`. */
export function hasErrorCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && codes.includes(thrown.code)
}
