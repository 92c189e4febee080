import {CONTRACT_VERSION} from '../../pipeline/contract.js'

/**
 * The files of a package that brings one plugin, by their names: it has an option, acts in two phases, and has a test.
 */
export function starterFiles(name: string): Record<string, string> {
  const manifest = {
    name: `systemd-docker-plugin-${name}`,
    version: '0.1.0',
    type: 'module',
    exports: './index.js',
    scripts: {test: 'node --test'},
    oclif: {hooks: {'run:plugins': './index.js'}},
  }
  return {
    'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`,
    'index.js': `const options = /** @type {const} */ ({
  '${name}-label': {kind: 'string', key: 'label', valueName: 'TEXT', summary: 'put this label on the container'},
})

/** @type {import('systemd-docker').RunPlugin<typeof options>} */
export const plugin = {
  name: '${name}',
  contract: ${String(CONTRACT_VERSION)},
  options,
  setup({'${name}-label': label}, {log}) {
    if (label === undefined) return undefined
    return {
      resolve({request}) {
        request.body.Labels['${name}'] = label
      },
      started({container, defer}) {
        log.info(\`\${container.id} runs as \${container.pid}\`)
        defer('log that it has ended', () => log.info(\`\${container.id} has ended\`))
      },
    }
  },
}

export default async () => [plugin]
`,
    'index.test.js': `import assert from 'node:assert/strict'
import {test} from 'node:test'
import {hookContext, plainRequest, pluginHost} from 'systemd-docker/testing'
import {plugin} from './index.js'

test('puts the label on the container', async () => {
  const request = plainRequest()
  await plugin.setup({'${name}-label': 'hello'}, pluginHost().host)?.resolve?.({...hookContext().context, request})
  assert.deepEqual(request.body.Labels, {'${name}': 'hello'})
})

test('says which process the container is, and when it has ended', async () => {
  const {host, lines} = pluginHost()
  const {context, undos} = hookContext()
  const container = {id: 'c0ffee', tty: false, pid: 42}
  await plugin.setup({'${name}-label': 'hello'}, host)?.started?.({...context, container})
  for (const {undo} of undos) await undo()
  assert.deepEqual(lines, ['info: c0ffee runs as 42', 'info: c0ffee has ended'])
})

test('sits a run out that does not ask for it', () => {
  assert.equal(plugin.setup({'${name}-label': undefined}, pluginHost().host), undefined)
})
`,
  }
}
