import {WHEN_UNHEALTHY} from '../lifecycle/health.js'
import type {OptionDeclarations} from '../options/option.js'

/** The options before `run` that belong to the run itself and not to a plugin. */
export const GLOBAL_OPTIONS = {
  config: {
    kind: 'string',
    valueName: 'FILE',
    summary: 'read only this configuration file',
  },
  enable: {
    kind: 'list',
    valueName: 'PLUGIN',
    summary: 'enable a plugin that the configuration disables',
  },
  disable: {
    kind: 'list',
    valueName: 'PLUGIN',
    summary: 'disable a plugin',
  },
  handover: {
    kind: 'boolean',
    summary:
      'exit once the container is ready and let systemd supervise it; the unit needs Type=notify, ExecStop= and ExecStopPost=systemd-docker finish NAME',
  },
  'engine-timeout': {
    kind: 'string',
    valueName: 'TIME',
    summary:
      'wait this long at most for an Engine that is not up yet; without it, as long as the unit may start, or 60s if that has no limit',
  },
  unhealthy: {
    kind: 'string',
    valueName: WHEN_UNHEALTHY.join('|'),
    summary:
      'what to do when the health check fails while the container runs: nothing, log it, stop the container so that the unit fails, or trigger the watchdog of the unit; without it, log it, or in a unit with WatchdogSec=, trigger that',
  },
  'reload-exec': {
    kind: 'string',
    valueName: 'COMMAND',
    summary: 'on a reload of the unit, run this command in the container, instead of sending it the signal',
  },
  'dry-run': {
    kind: 'boolean',
    summary: 'print as JSON what the Engine would be asked for and what would change on the host, and change nothing',
  },
  'dry-run-values': {
    kind: 'boolean',
    summary: 'with --dry-run, also print the values of variables that are not set on the command line',
  },
} as const satisfies OptionDeclarations
