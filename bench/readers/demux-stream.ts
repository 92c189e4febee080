import {once} from 'node:events'
import Docker from 'dockerode'
import {measured} from './measured.js'

void measured(async (stream) => {
  new Docker().modem.demuxStream(stream, process.stdout, process.stderr)
  await once(stream, 'close')
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
})
