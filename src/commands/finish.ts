import * as Args from '@oclif/core/args'
import {Command} from '@oclif/core/command'
import {socketPath} from '../docker/client/endpoint.js'
import {pinnedVersion} from '../docker/api-version.js'
import {DockerodeEngine} from '../docker/dockerode-engine.js'
import {requestHeaders} from '../docker/client/request-headers.js'
import {finish} from '../lifecycle/finish.js'
import {pluginsAtFinish} from '../run/plugins-at-finish.js'
import {invocationOf} from '../run/run.js'
import {ProcessSignals} from '../lifecycle/signals.js'
import {traceEngine} from '../pipeline/trace.js'
import {openNotifier} from '../systemd/notifier.js'
import {openOwnLog} from '../systemd/own-log.js'
import {readUnitNames} from '../systemd/unit.js'

/** `finish`: what stands in ExecStopPost= of a unit whose container is handed over. */
export class Finish extends Command {
  static override readonly summary = "Report to systemd how this unit's container ended, and clean up."
  static override readonly description = [
    "For ExecStopPost= of a unit with --handover. Exits with the container's status, so that Restart= and OnFailure= apply.",
    'Removes a container of --rm and the pid file, and calls the plugins that clean up. Exits with 0 if systemd-docker was the main process.',
  ].join(' ')
  static override readonly examples = ['<%= config.bin %> finish %n']
  static override readonly args = {
    name: Args.string({description: "The container's name, as in --name.", required: true}),
  }

  override async run(): Promise<void> {
    const {args} = await this.parse(Finish)
    const {env} = process
    const stop = new ProcessSignals()
    const unlisten = stop.listen()
    const {log, flushed} = openOwnLog()
    const socket = socketPath(env)
    if (log.debug !== undefined) traceEngine(log.debug, socket)
    const names = readUnitNames()
    const status = await finish({
      name: args.name,
      engine: new DockerodeEngine(socket, pinnedVersion(env), requestHeaders(env)),
      unit: invocationOf(env, names),
      env,
      log,
      stop,
      openNotifier: () => openNotifier(env, log.debug),
      loadPlugins: async (signal) => {
        const where = {root: () => this.config.root, env, configFile: env['SYSTEMD_DOCKER_CONFIG'], signal}
        return await pluginsAtFinish(where, names, log)
      },
    })
    await flushed()
    unlisten()
    this.exit(status)
  }
}
