import type {Reporter, TestModule} from 'vitest/node'

/**
 * Ends a run with one plain line of counts. In CI a test that was skipped, left to do or never ran fails the run: what
 * was not seen does not work.
 */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = {passed: 0, failed: 0, skipped: 0, pending: 0}
    for (const module of modules) for (const test of module.children.allTests()) count[test.result().state]++
    const missed = count.skipped + count.pending
    if (missed > 0 && process.env['CI'] !== undefined) {
      process.exitCode = 1
      console.log(`${String(missed)} tests were skipped, which CI does not accept`)
    }
    console.log(`${String(count.passed)} passed, ${String(count.failed)} failed, ${String(missed)} skipped`)
  }
}
