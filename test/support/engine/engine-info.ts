import type {EngineInfo} from '../../../src/docker/engine.js'

/** What an Engine of today says that it is, in what a test says nothing else of. */
export function engineInfo(differs: Partial<EngineInfo> = {}): EngineInfo {
  return {
    version: '26.1.5',
    cgroupDriver: 'systemd',
    defaultRuntime: 'runc',
    runtimes: ['runc'],
    rootless: false,
    ...differs,
  }
}
