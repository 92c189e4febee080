/** What a site's plugin is written against. */
export {CONTRACT_VERSION, PHASES, defineRunPlugin} from './pipeline/contract.js'
export type {
  CreatedContainer,
  ExitReport,
  FinishContext,
  FoundContainer,
  Host,
  Phase,
  ReadyContext,
  RunContext,
  RunHooks,
  RunPlugin,
  StartedContainer,
  Verdict,
} from './pipeline/contract.js'
export type {CreateBody, CreateRequest, HostConfig, Mount, PortBinding} from './docker/create-request.js'
export type {Engine, ContainerInspection, ExecResult, Watch, WatchFor} from './docker/engine.js'
export type {OptionDeclaration, OptionDeclarations, OptionKind, OptionValues} from './options/option.js'
export type {Log} from './log.js'
import './pipeline/oclif-event.js'
