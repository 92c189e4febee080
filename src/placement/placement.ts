import type {CreateRequest} from '../docker/create-request.js'
import type {CreatedContainer, RunContext, StartedContainer} from '../pipeline/contract.js'

/** Where a container that runs is, as systemd sees it; `gone` when it has ended. */
export type ContainerLocation = 'in the unit' | 'elsewhere' | 'gone'

/** How a container comes to its cgroup in one run, step by step. */
export interface Placement {
  /** What will be done, in words; nothing where nothing is. */
  readonly describe: string | undefined
  /**
   * Whether all processes of the container are to be in the unit's cgroup in systemd's own hierarchy, once it runs;
   * what comes of it `afterStart` says.
   */
  readonly isInUnit: boolean
  /** Why the container will not be in the unit's cgroup, with what to try, where that is known beforehand. */
  readonly whyElsewhere?: string
  /** Changes the create request and nothing else. */
  prepare(request: CreateRequest): void
  beforeStart(container: CreatedContainer, context: RunContext): Promise<void>
  /** Where the container is then. @throws {CgroupError} */
  afterStart(container: StartedContainer, context: RunContext): Promise<ContainerLocation>
}
