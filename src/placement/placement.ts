import type {CreateRequest} from '../docker/create-request.js'
import type {CreatedContainer, RunContext, StartedContainer} from '../run/run-plugin.js'

/** How a container comes to its cgroup in one run, step by step. */
export interface Placement {
  /** What will be done, in words; nothing where nothing is. */
  readonly describe: string | undefined
  /** Whether all processes of the container are in the unit's cgroup in systemd's own hierarchy, once it runs. */
  readonly isInUnit: boolean
  /** Changes the create request and nothing else. */
  prepare(request: CreateRequest): void
  beforeStart(container: CreatedContainer, context: RunContext): Promise<void>
  /** @throws {CgroupError} */
  afterStart(container: StartedContainer, context: RunContext): Promise<void>
}
