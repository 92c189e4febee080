import {describe, expect, onTestFinished, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {HOSTS} from '../support/host/hosts.js'
import {containers, unique} from '../support/service/service.js'

/** A client that says something, and after so many milliseconds resets its connection. */
const CLIENT = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1', () => {
    socket.write('x\\n')
    setTimeout(() => socket.resetAndDestroy(), Number(process.argv[2]))
  })
  socket.on('error', () => undefined)`

describe.each(HOSTS)('standard input on $name', ({guest}) => {
  test('a socket as standard input that its client resets ends for the container, and nothing is left', async () => {
    const name = unique()
    const units = '/run/systemd/system'
    await guest.write(`${units}/${name}.socket`, '[Socket]\nListenStream=127.0.0.1:7777\nAccept=yes\n')
    await guest.write(
      `${units}/${name}@.service`,
      [
        '[Service]',
        'Type=notify',
        'NotifyAccess=all',
        'StandardInput=socket',
        'StandardOutput=journal',
        'StandardError=journal',
        `ExecStart=/opt/bin/systemd-docker --pid-file /run/${name}.pid run -i --rm --label ${name} busybox sh -c "cat; sleep 0.5; exit 7"`,
        '',
      ].join('\n'),
    )
    onTestFinished(async () => {
      await guest.attempt(['systemctl', 'stop', `${name}.socket`, `${name}@*.service`])
      await guest.run('rm', `${units}/${name}.socket`, `${units}/${name}@.service`)
    })
    await guest.run('systemctl', 'start', `${name}.socket`)
    await guest.run('/usr/local/bin/node', '-e', CLIENT, '--', '7777', '3000')
    const journal = await until(20_000 * guest.kind.slowness, async () => {
      const {stdout} = await guest.attempt(['journalctl', `--unit=${name}@*`, '--output=cat', '--no-pager'])
      return /status=\d+/.test(stdout) ? stdout : undefined
    })
    expect(journal).toContain('status=7')
    expect(journal).not.toMatch(/ECONNRESET|at .*\.cjs/)
    expect(await containers(guest, `label=${name}`)).toEqual([])
    expect((await guest.attempt(['ls', `/run/${name}.pid`])).status).toBe(2)
  })
})
