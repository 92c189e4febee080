import type {ContainerInspection} from '../../../src/docker/engine.js'

/** A container as the Engine tells of one that has ended well, in what a test says nothing else of. */
export function inspection(differs: Partial<ContainerInspection> = {}): ContainerInspection {
  return {
    id: 'c0ffeec0ffeec0ffee',
    name: 'web',
    state: 'exited',
    pid: 0,
    tty: false,
    exitCode: 0,
    outOfMemory: false,
    createdAt: 0,
    startedAt: 0,
    finishedAt: 0,
    stopSignal: '',
    stopTimeout: undefined,
    image: 'sha256:1mage',
    autoRemove: false,
    labels: {},
    ...differs,
  }
}
