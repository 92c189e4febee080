/** What the tests of a plugin are written with: what a run gives it, made up, and nothing of Docker or systemd. */
export {fakeEngine} from './fake-engine.js'
export {finishContext, hookContext, plainRequest, pluginHost} from './plugin-host.js'
