/**
 * What cosmiconfig loads each kind of file by. Of cosmiconfig this alone is used: an explorer, as soon as it is made,
 * looks in the working directory for a configuration of its own (`package.json`, `.config/config.js`, …) and runs it.
 */
export {defaultLoaders} from 'cosmiconfig'
