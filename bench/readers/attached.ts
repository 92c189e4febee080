import {DockerodeEngine} from '../../src/docker/dockerode-engine.js'
import {forwardOutput} from '../../src/logs/forward-output.js'
import {NEVER_ABORTED} from '../../src/timing.js'

/** Forwards the output of the one container that the Engine on the socket of the first word has. */
const [socket = ''] = process.argv.slice(2)
void new DockerodeEngine(socket, '1.41')
  .attach('bench', 'output', NEVER_ABORTED)
  .then((stream) => forwardOutput(stream, false, process.stdout, process.stderr))
