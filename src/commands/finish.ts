import * as Args from '@oclif/core/args'
import {Command} from '@oclif/core/command'
import {socketPath} from '../docker/client/endpoint.js'
import {pinnedVersion} from '../docker/api-version.js'
import {DockerodeEngine} from '../docker/dockerode-engine.js'
import {requestHeaders} from '../docker/client/request-headers.js'
import {finish} from '../lifecycle/finish.js'
import {openLog} from '../log.js'
import {invocationOf} from '../run/run.js'
import {ProcessSignals} from '../lifecycle/signals.js'
import {traceEngine} from '../pipeline/trace.js'
import {openNotifier} from '../systemd/notifier.js'
import {readUnitNames} from '../systemd/unit.js'

/** `finish`: what stands in ExecStopPost= of a unit whose container is handed over. */
export class Finish extends Command {
  static override readonly summary = 'Tell systemd how the container of this unit ended, and clear away.'
  static override readonly description = [
    'Stands in ExecStopPost= of a unit with --handover. Ends with the status of the container, so that Restart= and OnFailure= do what they do,',
    'removes a container of --rm, and the pid file. Does nothing where the main process has told systemd already.',
  ].join(' ')
  static override readonly examples = ['<%= config.bin %> finish %n']
  static override readonly args = {
    name: Args.string({description: "The container's name, as --name has it.", required: true}),
  }

  override async run(): Promise<void> {
    const {args} = await this.parse(Finish)
    const {env} = process
    const stop = new ProcessSignals()
    const unlisten = stop.listen()
    const log = openLog()
    const socket = socketPath(env)
    if (log.debug !== undefined) traceEngine(log.debug, socket)
    const status = await finish({
      name: args.name,
      engine: new DockerodeEngine(socket, pinnedVersion(env), requestHeaders(env)),
      unit: invocationOf(env, await readUnitNames()),
      env,
      log,
      stop,
      openNotifier: () => openNotifier(env, log.debug),
    })
    unlisten()
    this.exit(status)
  }
}
