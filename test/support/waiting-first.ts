import {basename} from 'node:path'
import {BaseSequencer, type TestSpecification} from 'vitest/node'

/** Each waits more than a minute for a registry or the Engine, and hardly works. */
const WAITING = new Set(['registry-dying.test.ts', 'registry-unpacking.test.ts'])

/** Begins with the files whose tests would be waited for alone if they came last, as small files do. */
export class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({moduleId, project}: TestSpecification): number =>
      2 * project.config.sequence.groupOrder + (WAITING.has(basename(moduleId)) ? 0 : 1)
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other))
  }
}
