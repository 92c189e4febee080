import {Command} from '@oclif/core/command'
import {configDirectories} from '../../config/files.js'
import {pathsOf} from '../../run/site.js'

/** Which files the configuration is read from. */
export class ConfigPath extends Command {
  static override readonly summary = 'Print the configuration files that are read, in order.'

  override run(): Promise<void> {
    const {env} = process
    const paths = pathsOf(env, env['SYSTEMD_DOCKER_CONFIG'])
    for (const path of paths) this.log(path)
    if (paths.length === 0) this.logToStderr(`no configuration file in ${configDirectories(env).join(' or ')}`)
    return Promise.resolve()
  }
}
