import {forwardOutput} from '../../src/logs/forward-output.js'
import {measured} from './measured.js'

void measured((stream) => forwardOutput(stream, false, process.stdout, process.stderr))
