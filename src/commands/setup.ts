import {join} from 'node:path'
import {Command} from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import {socketPath} from '../docker/client/endpoint.js'
import {pinnedVersion} from '../docker/api-version.js'
import {DockerodeEngine} from '../docker/dockerode-engine.js'
import {requestHeaders} from '../docker/client/request-headers.js'
import {SetupError} from '../errors.js'
import {SHIM_PROGRAM, systemContainerd} from '../placement/containerd.js'
import {DAEMON_JSON} from '../setup/daemon-json.js'
import {pieceFor} from '../setup/setup.js'

const EXIT_NOT_READY = 1

/** Sets a host up so that containers are born in their units' cgroups. */
export class Setup extends Command {
  static override readonly summary = "Set this host up so that containers are born in their units' cgroups."
  static override readonly description =
    'From Docker 23 on, installs a containerd shim where containerd finds it. For an older Engine with the systemd cgroup driver, registers an OCI runtime in daemon.json and reloads Docker. Restarts nothing. Can be run again at any time.'
  static override readonly examples = ['<%= config.bin %> setup', '<%= config.bin %> setup --check']
  static override readonly flags = {
    check: Flags.boolean({
      summary: 'Report whether the host is set up and change nothing; the exit status is 1 if it is not.',
    }),
    undo: Flags.boolean({
      summary: 'Remove what setup installed. Stopped containers that were created with it must then be recreated.',
      exclusive: ['check'],
    }),
    'daemon-json': Flags.string({
      summary: "The Engine's configuration file.",
      default: DAEMON_JSON,
      helpValue: 'FILE',
    }),
  }

  override async run(): Promise<void> {
    const {flags} = await this.parse(Setup)
    if (!flags.check && process.geteuid?.() !== 0)
      throw new SetupError('cannot set this host up', 'only root can; --check reports whether it is set up')
    const piece = await pieceFor({
      engine: new DockerodeEngine(socketPath(process.env), pinnedVersion(process.env), requestHeaders(process.env)),
      source: join(this.config.root, 'bin', SHIM_PROGRAM),
      daemonJson: flags['daemon-json'],
      containerd: systemContainerd(),
      signal: new AbortController().signal,
      say: (line) => {
        this.log(line)
      },
    })
    if (flags.undo) await piece.undo()
    else if (!flags.check && !(await piece.check()).isReady) await piece.set()
    const {isReady, found} = await piece.check()
    this.log(
      isReady ? `containers are born in their units: ${found}` : `containers are not born in their units: ${found}`,
    )
    if (!isReady && !flags.undo) this.exit(EXIT_NOT_READY)
  }
}
