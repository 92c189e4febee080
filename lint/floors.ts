/** A folder of src, or a file at its top, and what it may import. */
export interface Floor {
  readonly path: string
  /** The floors that it may import from; all of them are below it. */
  readonly uses: readonly string[]
}

/** What every floor may use. */
export const GROUND: readonly string[] = ['log.ts', 'timing.ts', 'limits.ts', 'errors.ts']

/**
 * The house, from the roof to the ground. A folder imports only from the floors that it names, and names only floors
 * below it: the lint rule is made from this list, the table in ARCHITECTURE.md is compared with it, and a folder that
 * is not in it is an error.
 */
export const FLOORS: readonly Floor[] = [
  {path: 'executable', uses: ['main.ts', 'files', ...GROUND]},
  {
    path: 'main.ts',
    uses: [
      'oclif.ts',
      'run',
      'early-engine',
      'lifecycle',
      'pipeline',
      'docker',
      'docker/client',
      'systemd',
      'files',
      ...GROUND,
    ],
  },
  {path: 'oclif.ts', uses: ['commands', 'hooks', 'plugins', 'config', ...GROUND]},
  {path: 'index.ts', uses: ['pipeline', 'docker', 'options', ...GROUND]},
  {path: 'testing', uses: ['pipeline', 'docker', 'options', ...GROUND]},
  {
    path: 'commands',
    uses: [
      'run',
      'plugins',
      'lifecycle',
      'setup',
      'placement',
      'pipeline',
      'config',
      'docker/run-options',
      'docker',
      'docker/client',
      'systemd',
      'options',
      ...GROUND,
    ],
  },
  {path: 'hooks', uses: ['options', ...GROUND]},
  {
    path: 'run',
    uses: [
      'plugins',
      'lifecycle',
      'pipeline',
      'config',
      'docker/run-options',
      'docker',
      'docker/client',
      'systemd',
      'options',
      ...GROUND,
    ],
  },
  {
    path: 'plugins',
    uses: [
      'delegation',
      'readiness',
      'logs',
      'placement',
      'pipeline',
      'docker',
      'systemd',
      'kernel',
      'files',
      ...GROUND,
    ],
  },
  {path: 'delegation', uses: ['placement', 'pipeline', 'docker', 'systemd', 'files', ...GROUND]},
  {path: 'readiness', uses: ['pipeline', 'docker/run-options', 'docker', 'systemd', ...GROUND]},
  {path: 'logs', uses: ['pipeline', 'docker', 'systemd', ...GROUND]},
  {
    path: 'lifecycle',
    uses: [
      'placement',
      'pipeline',
      'docker/run-options',
      'docker',
      'docker/client',
      'systemd',
      'kernel',
      'files',
      ...GROUND,
    ],
  },
  {path: 'setup', uses: ['placement', 'docker', 'systemd', 'files', ...GROUND]},
  {path: 'placement', uses: ['pipeline', 'docker', 'systemd', 'kernel', 'files', ...GROUND]},
  {path: 'early-engine', uses: ['docker', 'docker/client', 'kernel', 'files', ...GROUND]},
  {path: 'pipeline', uses: ['config', 'docker', 'docker/http', 'systemd', 'options', ...GROUND]},
  {path: 'config', uses: ['options', 'files', ...GROUND]},
  {path: 'docker/run-options', uses: ['docker', 'options', 'files', ...GROUND]},
  {path: 'docker', uses: ['docker/client', 'docker/http', ...GROUND]},
  {path: 'docker/client', uses: ['docker/http', 'options', 'files', ...GROUND]},
  {path: 'docker/http', uses: GROUND},
  {path: 'systemd', uses: ['kernel', 'files', ...GROUND]},
  {path: 'kernel', uses: ['files', ...GROUND]},
  {path: 'options', uses: [...GROUND]},
  {path: 'files', uses: [...GROUND]},
  {path: 'log.ts', uses: ['errors.ts']},
  {path: 'timing.ts', uses: ['errors.ts']},
  {path: 'limits.ts', uses: []},
  {path: 'errors.ts', uses: []},
]

/** The floor that a file is on, by its path in src. */
export function floorOf(file: string): Floor | undefined {
  const fits = FLOORS.filter(({path}) => file === path || file.startsWith(`${path}/`))
  return fits.toSorted((one, other) => other.path.length - one.path.length)[0]
}
