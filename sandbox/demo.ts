// `npm run demo`: the README's nginx unit on a real systemd with a real Docker Engine, from start to stop.
import {writeNginxUnit} from './example.js'
import {boot, type Guest} from './guest.js'
import {HOST_KINDS} from './hosts.js'
import {nginx} from './images.js'
import {until} from './until.js'
import {withGuest} from './with-guest.js'

const PATIENCE_MS = 20_000
const [kind] = HOST_KINDS
if (kind === undefined) throw new Error('there is no kind of host')

say(`Booting a host: ${kind.name} (systemd as PID 1 and a Docker Engine, in a container of systemd-nspawn)`)
const images = [await nginx()]
await withGuest(
  () => boot(kind, images),
  async (guest) => {
    await show(guest, 'systemctl', '--version')
    await show(guest, 'docker', 'version', '--format', 'Docker Engine {{.Server.Version}}')

    say("The README's unit file")
    await writeNginxUnit(guest)
    await show(guest, 'cat', '/etc/systemd/system/nginx.service')

    say('Starting it: systemctl returns when the container runs')
    await show(guest, 'systemctl', 'start', 'nginx.service')
    await show(guest, 'systemctl', 'status', '--no-pager', '--full', 'nginx.service')
    await show(guest, 'docker', 'ps')

    say('nginx answers')
    const address = await guest.run(
      'docker',
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
      'nginx.service',
    )
    await until(PATIENCE_MS, async () =>
      (await guest.attempt(['curl', '--silent', `http://${address}/`])).status === 0 ? true : undefined,
    )
    await show(guest, 'curl', '--silent', '--head', `http://${address}/`)

    say('What it says is in the journal')
    await show(
      guest,
      'curl',
      '--silent',
      '--output',
      '/dev/null',
      '--write-out',
      '%{http_code}',
      `http://${address}/nowhere`,
    )
    await until(PATIENCE_MS, async () =>
      (await guest.run('journalctl', '--no-pager', '--unit=nginx.service')).includes('nowhere') ? true : undefined,
    )
    await show(guest, 'journalctl', '--no-pager', '--unit=nginx.service')

    say('Stopping it: nothing is left')
    await show(guest, 'systemctl', 'stop', 'nginx.service')
    await show(guest, 'systemctl', 'show', '--property=ActiveState,Result', 'nginx.service')
    await show(guest, 'docker', 'ps', '--all')
    const left = await guest.attempt(['pgrep', '--list-full', 'nginx|systemd-docker'])
    if (left.stdout !== '') throw new Error(`processes are left: ${left.stdout}`)
    console.log('no process of nginx or systemd-docker is left\n')
  },
)
say('Done; the host is gone. `npm run sandbox` gives you a shell in one.')

function say(line: string): void {
  console.log(`\n== ${line}`)
}

async function show(guest: Guest, ...command: string[]): Promise<void> {
  console.log(`$ ${command.join(' ')}`)
  console.log(await guest.run(...command))
}
