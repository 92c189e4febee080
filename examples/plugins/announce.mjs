import {appendFile} from 'node:fs/promises'

const options = /** @type {const} */ ({
  'announce-to': {
    kind: 'string',
    key: 'file',
    valueName: 'FILE',
    summary: 'write a line here when the container comes and goes',
  },
})

/** @type {import('systemd-docker').RunPlugin<typeof options>} */
export default {
  name: 'announce',
  options,
  setup({'announce-to': file}) {
    if (file === undefined) return undefined
    return {
      ready: ({container}) => appendFile(file, `${container.id} is up\n`),
      exited: ({container, exit}) => appendFile(file, `${container.id} ended with ${exit.code}\n`),
    }
  },
}
