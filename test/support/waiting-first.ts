import {basename} from 'node:path'
import {BaseSequencer, type TestSpecification} from 'vitest/node'

/** Each waits more than a minute for a registry or the Engine, and hardly works. */
const WAITING = new Set(['registry-dying.test.ts', 'registry-unpacking.test.ts'])

/**
 * Begins with the files whose tests would be waited for alone if they came last, as small files do, and with one that
 * works beside each, so that two workers have something to do as well.
 */
export class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isWaiting = ({moduleId}: TestSpecification): boolean => WAITING.has(basename(moduleId))
    const waiting = sorted.filter(isWaiting)
    const working = sorted.filter((file) => !isWaiting(file))
    const place = (file: TestSpecification): number =>
      isWaiting(file) ? 2 * waiting.indexOf(file) : 2 * working.indexOf(file) + 1
    const group = ({project}: TestSpecification): number => project.config.sequence.groupOrder
    return sorted.toSorted((one, other) => group(one) - group(other) || place(one) - place(other))
  }
}
