// `npm run sandbox [-- KIND]`: a shell in a host of that kind, for people who want to try.
import {spawn} from 'node:child_process'
import {writeNginxUnit} from './example.js'
import {HOST_KINDS} from './hosts.js'
import {busybox, nginx} from './images.js'
import {withGuest} from './with-guest.js'

const [wanted = 'debian13-v2'] = process.argv.slice(2)
const kind = HOST_KINDS.find(({name}) => name === wanted)
if (kind === undefined) {
  console.error(`sandbox: there is no host called ${wanted}; say one of ${HOST_KINDS.map(({name}) => name).join(', ')}`)
  process.exit(2)
}

console.error(`sandbox: booting ${kind.name} …`)
await withGuest(kind, [await busybox(), await nginx()], async (guest) => {
  await writeNginxUnit(guest)
  console.error(`sandbox: this is ${kind.name}, with systemd-docker at /opt/bin, the images busybox and nginx, and the unit nginx.service.
sandbox: try \`systemctl start nginx; systemctl status nginx\`. It is all gone when you leave the shell.`)
  const shell = spawn('nsenter', ['--target', String(guest.initPid), '--all', 'env', '--chdir=/root', 'bash'], {
    stdio: 'inherit',
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin',
      HOME: '/root',
      TERM: process.env['TERM'] ?? 'dumb',
    },
  })
  await new Promise((resolve, reject) => shell.once('exit', resolve).once('error', reject))
})
