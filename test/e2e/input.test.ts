import {describe, expect, onTestFinished, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {EACH_RELEASE} from '../support/host/hosts.js'
import {containers, defineService, unique} from '../support/service/service.js'

/** A client that says something, and after so many milliseconds resets its connection. */
const CLIENT = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1', () => {
    socket.write('x\\n')
    setTimeout(() => socket.resetAndDestroy(), Number(process.argv[2]))
  })
  socket.on('error', () => undefined)`

/** Says when its input has ended, and five lines besides. */
const LISTENING = `busybox sh -c "exec 3<&0; (cat <&3; echo input has ended) & for i in 1 2 3 4 5; do echo line $$i; sleep 0.2; done; sleep 1000"`

/** Says what it reads, and then that it has ended. */
const REPEATING = `busybox sh -c "while read -r word; do echo got $$word; done; echo input has ended"`

/**
 * Holds a terminal of 33 by 77 characters, whose name it writes to the file of its first word. What is written to the
 * FIFO of its second is typed there; what comes out goes to the file of its third.
 */
const TERMINAL = `
  my ($name, $keys, $screen) = @ARGV;
  open(my $terminal, '+<', '/dev/ptmx') or die;
  my $number = pack('i', 0);
  ioctl($terminal, 0x40045431, $number) or die;
  ioctl($terminal, 0x80045430, $number) or die;
  my $size = pack('SSSS', 33, 77, 0, 0);
  ioctl($terminal, 0x5414, $size) or die;
  open(my $in, '+<', $keys) or die;
  open(my $out, '>', $screen) or die;
  open(my $file, '>', $name) or die;
  print $file '/dev/pts/' . unpack('i', $number);
  close $file;
  while (1) {
    my $ready = '';
    vec($ready, fileno($_), 1) = 1 for $terminal, $in;
    select($ready, undef, undef, undef);
    my $typed;
    sysread($in, $typed, 4096) && syswrite($terminal, $typed) if vec($ready, fileno($in), 1);
    next if !vec($ready, fileno($terminal), 1);
    if (sysread($terminal, $typed, 4096)) { syswrite($out, $typed) } else { select(undef, undef, undef, 0.1) }
  }`

describe.each(EACH_RELEASE)('standard input on $name', ({guest}) => {
  test('the output is whole with every kind of -i and -t, and without -d an input that is empty ends', async () => {
    const words = ['-i', '-t', '-i -t', '-d -i', '-d -i -t']
    const services = await Promise.all(
      words.map((word) => defineService(guest, `run --rm ${word} --name %n ${LISTENING}`)),
    )
    await Promise.all(services.map((service) => service.start()))
    await Promise.all(services.map((service) => service.says(/^line 5\r?$/)))
    await services[0]?.says('input has ended')
    const seen = await Promise.all(
      services.map(async (service) => {
        const lines = (await service.journal()).map((line) => line.replace('\r', ''))
        const {ActiveState} = await service.show('ActiveState')
        return [ActiveState, ...lines.filter((line) => /^line|^input/.test(line)).sort()]
      }),
    )
    const lines = ['line 1', 'line 2', 'line 3', 'line 4', 'line 5']
    const open = ['active', ...lines]
    expect(seen).toEqual([['active', 'input has ended', ...lines], open, open, open, open])
  })

  test('the container of -d -i has its input open for everybody, as one of docker run -d', async () => {
    const service = await defineService(guest, 'run --rm -d -i --name %n busybox sh')
    const byDocker = unique()
    await guest.run('docker', 'run', '-d', '-i', '--name', byDocker, 'busybox', 'sh')
    onTestFinished(async () => {
      await guest.run('docker', 'rm', '--force', byDocker)
    })
    await service.start()
    const template = '{{.Config.OpenStdin}} {{.Config.StdinOnce}} {{.Config.AttachStdin}} {{.Config.AttachStdout}}'
    const expected = await guest.run('docker', 'inspect', '--format', template, byDocker)
    expect(await service.inspect(template)).toBe(expected)
    const clients = ['one', 'two'].map((word) =>
      guest.attempt(['docker', 'attach', '--sig-proxy=false', service.name], {input: `echo got ${word}\n`}),
    )
    await service.says('got one')
    await service.says('got two')
    expect((await service.show('ActiveState')).ActiveState).toBe('active')
    // Their own input has ended, and they stay for what comes from the container.
    await guest.run('docker', 'kill', service.name)
    await Promise.all(clients)
  })

  test("a file is the container's input to its end, and typed at a terminal that has none", async () => {
    const file = `/run/${unique()}.txt`
    await guest.write(file, 'one\ntwo\n')
    const input = {StandardInput: `file:${file}`}
    const read = await defineService(guest, `run --rm -i --name %n ${REPEATING}`, input)
    const typed = await defineService(guest, `run --rm -i -t --name %n ${REPEATING}`, input)
    await Promise.all([read.start(), typed.start()])
    await read.reaches({ActiveState: 'inactive', Result: 'success'})
    for (const service of [read, typed]) {
      await service.says(/^got one\r?$/)
      await service.says(/^got two\r?$/)
    }
    expect(await read.journal()).toContain('input has ended')
    expect((await typed.show('ActiveState')).ActiveState).toBe('active')
    await guest.run('rm', file)
  })

  test('a container that is started again is fed from the same input', async () => {
    const fifo = `/run/${unique()}`
    await guest.run('mkfifo', fifo)
    const service = await defineService(guest, '', {
      ExecStart: `/bin/sh -c 'exec /opt/bin/systemd-docker run --rm -i --name %n busybox cat <>${fifo}'`,
    })
    const say = (word: string): Promise<string> => guest.run('sh', '-c', `echo ${word} >${fifo}`)
    await service.start()
    await say('one')
    await service.says('one')
    await guest.run('docker', 'restart', '--time=0', service.name)
    await service.says(/was started again/)
    await say('two')
    await service.says('two')
    await guest.run('rm', fifo)
  })

  test('a terminal is that of the container, with its size and all of its keys', async () => {
    const file = `/run/${unique()}`
    const [name, keys, screen] = [`${file}.name`, `${file}.keys`, `${file}.screen`]
    await guest.run('mkfifo', keys)
    await guest.write(`${file}.pl`, TERMINAL)
    const holder = `${unique()}.service`
    await guest.run('systemd-run', '--quiet', `--unit=${holder}`, 'perl', `${file}.pl`, name, keys, screen)
    onTestFinished(async () => {
      await guest.attempt(['systemctl', 'stop', holder])
      await guest.run('rm', name, keys, screen, `${file}.pl`)
    })
    const terminal = await until(10_000 * guest.kind.slowness, async () => {
      const {stdout} = await guest.attempt(['cat', name])
      return stdout.startsWith('/dev/pts/') ? stdout : undefined
    })
    const service = await defineService(guest, 'run --rm -i -t --name %n busybox sh', {
      StandardInput: 'tty-force',
      TTYPath: terminal,
    })
    const type = (text: string): Promise<void> => guest.write(keys, text)
    const shows = (text: string): Promise<true> =>
      until(20_000 * guest.kind.slowness, async () =>
        (await guest.run('cat', screen)).includes(text) ? true : undefined,
      )
    expect((await service.start()).status).toBe(0)
    // Ctrl-P Ctrl-Q would detach docker's client, and LF is not CR LF to a program that says so.
    await type('\u0010\u0011echo the s""ize is $(stty size); stty -opost; echo f""irst; echo second; stty sane\r')
    await shows('the size is 33 77')
    await shows('first\nsecond\n')
    await guest.run('docker', 'restart', '--time=0', service.name)
    await shows('was started again')
    await type('echo the s""ize is still $(stty size)\r')
    await shows('the size is still 33 77')
    await type('exit 5\r')
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '5'})
  })

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
