// `npm run sandbox [-- KIND]`: a shell in a host of that kind, for people who want to try.
import {spawn} from 'node:child_process'
import {writeNginxUnit} from './example.js'
import {boot} from './guest.js'
import {HOST_KINDS, VIRTUAL_MACHINE} from './hosts.js'
import {busybox, nginx} from './images.js'
import {bootVirtualMachine} from './virtual-machine.js'
import {enterWithTerminal} from './way-in.js'
import {withGuest} from './with-guest.js'

const [wanted = 'debian13-v2'] = process.argv.slice(2)
const kinds = [...HOST_KINDS, VIRTUAL_MACHINE]
const kind = kinds.find(({name}) => name === wanted)
if (kind === undefined) {
  console.error(`sandbox: there is no host called ${wanted}; say one of ${kinds.map(({name}) => name).join(', ')}`)
  process.exit(2)
}

console.error(`sandbox: booting ${kind.name} …`)
const images = [await busybox(), await nginx()]
const bootKind = () => (kind === VIRTUAL_MACHINE ? bootVirtualMachine(images) : boot(kind, images))
await withGuest(bootKind, async (guest) => {
  await writeNginxUnit(guest)
  console.error(`sandbox: this is ${kind.name}, with systemd-docker at /opt/bin, the images busybox and nginx, and the unit nginx.service.
sandbox: try \`systemctl start nginx; systemctl status nginx\`. It is all gone when you leave the shell.`)
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin',
    HOME: '/root',
    TERM: process.env['TERM'] ?? 'dumb',
  }
  const [program = '', ...words] = enterWithTerminal(guest.wayIn, [
    ...['env', '--ignore-environment', '--chdir=/root'],
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    'bash',
  ])
  const shell = spawn(program, words, {stdio: 'inherit'})
  await new Promise((resolve, reject) => shell.once('exit', resolve).once('error', reject))
})
