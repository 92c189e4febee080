import {spawnSync} from 'node:child_process'
import {defineConfig} from 'vitest/config'
import {WaitingFirst} from './test/support/waiting-first.js'

/** None takes a second, except on a machine that is busy. */
const UNIT_TIMEOUT_MS = 30_000
/** Some start the program, and npm's test runner with it, which takes long on a machine that is busy. */
const INTEGRATION_TIMEOUT_MS = 60_000
/** Longer than a start, a stop and a wait that fail take together: what has failed says so, with all that it saw. */
const E2E_TIMEOUT_MS = 150_000
/** Most tests wait, for systemd, Docker or a process, far more than they work. vitest takes one less than the cores. */
const WORKERS = 4
/**
 * Where all that the tests start takes two or three times as long, they work more than they wait: four files at once
 * keep thirty processes waiting for two processors, and what systemd or the program gives seconds to is not in time.
 */
const WORKERS_WHERE_PROCESSES_START_SLOWLY = 2
/** A current processor takes some 40 ms, one of a virtual machine that pays for each page fault more than 100. */
const NODE_STARTS_SLOWLY_FROM_MS = 75
/** The virtual machine is emulated, and may have to be made first. */
const VM_TIMEOUT_MS = 600_000

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    restoreMocks: true,
    unstubEnvs: true,
    maxWorkers: WORKERS,
    sequence: {sequencer: WaitingFirst},
    reporters: ['default', './test/support/plain-reporter.ts'],
    projects: [
      {extends: true, test: {name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: UNIT_TIMEOUT_MS}},
      {
        extends: true,
        test: {name: 'integration', include: ['test/integration/**/*.test.ts'], testTimeout: INTEGRATION_TIMEOUT_MS},
      },
      {
        extends: true,
        test: {
          name: 'docker-client',
          include: ['test/docker-client/**/*.test.ts'],
          globalSetup: ['test/docker-client/set-up.ts'],
          testTimeout: INTEGRATION_TIMEOUT_MS,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/hosts.ts'],
          testTimeout: E2E_TIMEOUT_MS,
          hookTimeout: E2E_TIMEOUT_MS,
          maxWorkers: startOfNode() < NODE_STARTS_SLOWLY_FROM_MS ? WORKERS : WORKERS_WHERE_PROCESSES_START_SLOWLY,
          sequence: {groupOrder: 1},
        },
      },
      {
        extends: true,
        test: {
          name: 'vm',
          // An emulated processor takes minutes for a column of the matrix, so `npm run test:vm` alone has all of them.
          include: [`test/vm/${process.env['MATRIX'] === 'whole' ? '*' : 'virtual-machine'}.test.ts`],
          globalSetup: ['test/vm/hosts.ts'],
          testTimeout: VM_TIMEOUT_MS,
          hookTimeout: VM_TIMEOUT_MS,
          maxWorkers: 2,
          sequence: {groupOrder: 2},
        },
      },
    ],
  },
})

/** How long Node takes to start and end, in milliseconds: the least of three, as other work only makes it longer. */
function startOfNode(): number {
  const starts = Array.from({length: 3}, () => {
    const begun = performance.now()
    spawnSync(process.execPath, ['--eval', '0'])
    return performance.now() - begun
  })
  return Math.min(...starts)
}
