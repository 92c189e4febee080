import type {OptionDeclarations} from '../options/option.js'

/** The options before `run` that belong to the run itself and not to a plugin. */
export const GLOBAL_OPTIONS = {
  config: {
    kind: 'string',
    valueName: 'FILE',
    summary: 'read this configuration file, and no other',
  },
  enable: {
    kind: 'list',
    valueName: 'PLUGIN',
    summary: 'switch a plugin on that the configuration switches off',
  },
  disable: {
    kind: 'list',
    valueName: 'PLUGIN',
    summary: 'switch a plugin off',
  },
  handover: {
    kind: 'boolean',
    summary:
      'leave the container to systemd once it is ready; the unit needs Type=notify and ExecStopPost=systemd-docker finish NAME',
  },
  'dry-run': {
    kind: 'boolean',
    summary: 'print, as JSON, what would be asked of the Engine and done to the host, and do nothing',
  },
  'dry-run-values': {
    kind: 'boolean',
    summary: 'with --dry-run, also print the values of variables that do not stand on the line',
  },
} as const satisfies OptionDeclarations
