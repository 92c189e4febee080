import {defineRunPlugin} from '../pipeline/contract.js'

/** Where the container has the credentials; the same for every container, so that images can rely on it. */
const INSIDE = '/run/credentials'

/**
 * The unit's credentials (systemd.exec(5), `LoadCredential=`, `SetCredential=`, `ImportCredential=`) are the
 * container's too, read-only, with `CREDENTIALS_DIRECTORY` set. systemd makes them readable by the user that the unit
 * runs as and nobody else.
 */
export const credentials = defineRunPlugin({
  name: 'credentials',
  options: {
    credentials: {
      kind: 'boolean',
      default: true,
      summary: "mount the unit's credentials, if it has any, read-only at /run/credentials in the container",
    },
  },
  setup({credentials: enabled}, {env}) {
    const directory = env['CREDENTIALS_DIRECTORY']
    if (!enabled || directory === undefined || directory === '') return undefined
    return {
      resolve({request}) {
        // A mount and not a bind, which would make an empty directory where the credentials are gone.
        request.body.HostConfig.Mounts.push({Type: 'bind', Source: directory, Target: INSIDE, ReadOnly: true})
        request.body.Env.push(`CREDENTIALS_DIRECTORY=${INSIDE}`)
      },
      describe: () => [`give the container ${directory} at ${INSIDE}, read-only`],
    }
  },
})
