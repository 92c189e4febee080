import type {Engine} from '../docker/engine.js'

/** An Engine that does what the test tells it to; every other verb rejects. */
export function fakeEngine(told: Partial<Engine> = {}): Engine {
  const untold = (name: string) => (): Promise<never> =>
    Promise.reject(new Error(`the fake Engine was not told how to ${name}`))
  return {
    address: 'unix:///fake/docker.sock',
    ping: () => Promise.resolve(),
    info: untold('report its version and drivers'),
    inspect: untold('inspect'),
    list: untold('list containers'),
    imageLabels: () => Promise.resolve({}),
    imageId: () => Promise.resolve(undefined),
    apiVersion: untold('say its version'),
    connect: untold('connect the container'),
    create: untold('create'),
    start: untold('start'),
    attach: untold('attach'),
    resize: untold('resize the terminal'),
    watch: untold('watch'),
    events: untold('report events of the container'),
    ends: untold('say how a container ended'),
    logs: untold('read the log'),
    stop: untold('stop'),
    kill: untold('kill'),
    exec: untold('run a command in the container'),
    rename: untold('rename'),
    setRestartPolicy: untold('set the restart policy'),
    remove: untold('remove'),
    pull: () => ({[Symbol.asyncIterator]: () => ({next: untold('pull')})}),
    ...told,
  }
}
