// `npm test`: everything that must hold, cheapest first, each step with its name and its time.
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'

const MANIFEST = 'oclif.manifest.json'
const committed = readFileSync(MANIFEST, 'utf8')

// The first time it takes minutes, which the steps before the hosts need anyway.
const machine = spawn('tsx', ['sandbox/make-machine.ts'], {stdio: 'inherit'})
const machineMade = once(machine, 'exit')
process.once('exit', () => machine.kill())

step('lint', 'eslint', '.')
step('shell', 'npm', 'run', '--silent', 'lint:shell')
step('unused', 'npm', 'run', '--silent', 'lint:unused')
step('format', 'prettier', '--check', '--log-level=warn', '.')
step('types', 'tsc', '--noEmit')
step('build', 'node', 'scripts/build.mjs')
if (readFileSync(MANIFEST, 'utf8') !== committed) {
  console.error(`test: ${MANIFEST} was not what the build makes of the sources; it is now, commit it`)
  process.exit(1)
}
step('unit and integration', 'vitest', 'run', '--project', 'unit', '--project', 'integration')
step("beside docker's own client", 'vitest', 'run', '--project', 'docker-client')
await machineMade
step('end to end on real hosts', 'vitest', 'run', '--project', 'e2e', '--project', 'vm')

function step(name: string, command: string, ...words: string[]): void {
  console.error(`test: ${name} …`)
  const begun = performance.now()
  const {status} = spawnSync(command, words, {stdio: 'inherit'})
  if (status !== 0) {
    console.error(`test: ${name} failed`)
    process.exit(status ?? 1)
  }
  console.error(`test: ${name} took ${((performance.now() - begun) / 1000).toFixed(0)} s`)
}
