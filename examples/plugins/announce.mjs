import {appendFile} from 'node:fs/promises'

export default {
  name: 'announce',
  options: {
    'announce-to': {
      kind: 'string',
      key: 'file',
      valueName: 'FILE',
      summary: 'write a line here when the container comes and goes',
    },
  },
  setup({'announce-to': file}) {
    if (file === undefined) return undefined
    const say = (line) => appendFile(file, `${line}\n`)
    return {
      ready: ({container}) => say(`${container.id} is up`).then(() => undefined),
      exited: ({container, exit}) => say(`${container.id} ended with ${exit.code}`),
    }
  },
}
