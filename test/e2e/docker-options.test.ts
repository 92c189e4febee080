import {createHash} from 'node:crypto'
import {describe, expect, onTestFinished, test} from 'vitest'
import {hostsNamed} from '../support/host/hosts.js'
import {containers, defineService, unique} from '../support/service/service.js'

/** What is read of `docker inspect`. */
interface Container {
  readonly Name: string
  readonly Path: string
  readonly Args: readonly string[]
  readonly Platform: string
  readonly Config: Record<string, unknown>
  readonly HostConfig: Record<string, unknown>
  readonly Mounts: readonly Record<string, unknown>[]
}

describe.each(hostsNamed('debian-forky', 'debian12-v1'))('the options of docker run on $name', ({guest}) => {
  test('the options of docker run reach the container as they do by docker run', async () => {
    const word = unique()
    // These hosts have no controllers under cgroup v2, and without one the Engine refuses the limit.
    const cpus = guest.kind.unified ? undefined : 0.5
    await guest.write(`/run/${word}.env`, '# a comment\nFROM_FILE=file\nBOTH=file\n')
    const line = [
      'run -d -i -t --init --privileged=false --read-only',
      `--env BOTH=line -e PLAIN=yes --env-file /run/${word}.env`,
      '-p 127.0.0.1:18080:80 --publish 18443-18444:443-444/tcp -p 53/udp',
      `-v /etc:/host-etc:ro --volume ${word}:/named -v /anonymous`,
      '--mount type=bind,source=/usr,target=/host-usr,readonly --mount type=tmpfs,dst=/scratch,tmpfs-size=1m',
      `--tmpfs /run:size=64k --network=bridge -m 64m ${cpus === undefined ? '' : `--cpus ${String(cpus)}`} -u 1000:1000 -w /tmp -h host1`,
      '--label a=b --label c --cap-add NET_ADMIN --cap-drop CHOWN --ulimit nofile=100:200',
      '--stop-signal SIGUSR1 --stop-timeout 3 --log-driver json-file --log-opt max-size=1m',
      `--entrypoint /bin/sh --restart no --pull missing --platform linux/amd64 --name ${word} busybox -c`,
    ].join(' ')
    const service = await defineService(guest, `${line} "exec sleep 1000"`)
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    const [container] = JSON.parse(await guest.run('docker', 'inspect', word)) as [Container]
    await guest.attempt(['docker', 'rm', '--force', '--volumes', word])
    await guest.attempt(['docker', 'volume', 'rm', word])
    await guest.run('rm', `/run/${word}.env`)

    expect(container).toMatchObject({
      Name: `/${word}`,
      Path: '/bin/sh',
      Args: ['-c', 'exec sleep 1000'],
      Platform: 'linux',
    })
    expect(container.Config).toMatchObject({
      Env: expect.arrayContaining(['FROM_FILE=file', 'PLAIN=yes', 'BOTH=line']) as unknown,
      User: '1000:1000',
      WorkingDir: '/tmp',
      Hostname: 'host1',
      Labels: {a: 'b', c: ''},
      Tty: true,
      OpenStdin: true,
      StopSignal: 'SIGUSR1',
      StopTimeout: 3,
    })
    expect((container.Config['Env'] as string[]).findLast((entry) => entry.startsWith('BOTH='))).toBe('BOTH=line')
    expect(container.HostConfig).toMatchObject({
      AutoRemove: false,
      Binds: ['/etc:/host-etc:ro', `${word}:/named`],
      CapAdd: [expect.stringMatching(/^(CAP_)?NET_ADMIN$/)],
      CapDrop: expect.arrayContaining([expect.stringMatching(/^(CAP_)?CHOWN$/)]) as unknown,
      Init: true,
      LogConfig: {Type: 'json-file', Config: {'max-size': '1m'}},
      Memory: guest.kind.unified ? 0 : 67_108_864,
      NanoCpus: (cpus ?? 0) * 1e9,
      NetworkMode: 'bridge',
      Privileged: false,
      ReadonlyRootfs: true,
      RestartPolicy: {MaximumRetryCount: 0},
      Tmpfs: {'/run': 'size=64k'},
      Ulimits: [{Name: 'nofile', Soft: 100, Hard: 200}],
      PortBindings: {
        '53/udp': [{HostIp: '', HostPort: ''}],
        '80/tcp': [{HostIp: '127.0.0.1', HostPort: '18080'}],
        '443/tcp': [{HostIp: '', HostPort: '18443'}],
        '444/tcp': [{HostIp: '', HostPort: '18444'}],
      },
    })
    expect(container.Mounts.map(({Destination}) => Destination).sort()).toEqual(
      ['/anonymous', '/host-etc', '/host-usr', '/named', '/scratch'].filter((path) =>
        container.Mounts.some(({Destination}) => Destination === path),
      ),
    )
    expect(container.Mounts).toEqual(
      expect.arrayContaining([expect.objectContaining({Destination: '/host-usr', Source: '/usr', RW: false})]),
    )
  })

  test('--env-file is for the container alone, and Node does not take it for its own', async () => {
    const word = unique()
    await guest.write(`/run/${word}.env`, 'SYSTEMD_DOCKER_LOGS=false\nNODE_OPTIONS=--no-such-option\n')
    const service = await defineService(
      guest,
      `run --rm --name %n --env-file /run/${word}.env busybox sh -c "echo $$NODE_OPTIONS"`,
      {
        Type: 'oneshot',
      },
    )
    await service.start()
    await guest.run('rm', `/run/${word}.env`)
    await service.says('--no-such-option')
  })

  test('options behind the image are the words of the container', async () => {
    const service = await defineService(
      guest,
      'run --rm --name %n busybox sh -c "echo $$0 $$@" --rm --name other -d busybox',
      {Type: 'oneshot'},
    )
    await service.start()
    await service.says('--rm --name other -d busybox')
  })

  test('-t gives a terminal whose output is in the journal', async () => {
    const service = await defineService(
      guest,
      'run --rm -t --name %n busybox sh -c "test -t 1 && echo on a terminal; sleep 1000"',
    )
    await service.start()
    await service.says(/^on a terminal\r?$/)
  })

  test("-i gives the container the unit's standard input", async () => {
    const service = await defineService(guest, 'run --rm -i --name %n busybox cat', {
      Type: 'oneshot',
      StandardInputText: 'read from the unit',
    })
    expect((await service.start()).status).toBe(0)
    await service.says('read from the unit')
  })

  test('--publish leads to the container', async () => {
    const service = await defineService(guest, 'run --rm --name %n -p 127.0.0.1:18099:80 nginx')
    await service.start()
    expect(
      await guest.run(
        'curl',
        '--silent',
        '--retry',
        '20',
        '--retry-all-errors',
        '--retry-delay',
        '1',
        'http://127.0.0.1:18099/',
      ),
    ).toContain('Welcome to nginx')
  })

  test('a container on several networks has its aliases on each', async () => {
    const word = unique()
    const networks = [`${word}-front`, `${word}-back`]
    for (const network of networks) await guest.run('docker', 'network', 'create', network)
    onTestFinished(async () => {
      await guest.attempt(['docker', 'rm', '--force', word])
      await guest.run('docker', 'network', 'rm', ...networks)
    })
    const service = await defineService(
      guest,
      `run --rm --name ${word} --network name=${word}-front,alias=web,alias=www --network name=${word}-back,alias=db busybox sleep 1000`,
    )
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    const [container] = JSON.parse(await guest.run('docker', 'inspect', word)) as [
      {NetworkSettings: {Networks: Record<string, {Aliases: string[]; IPAddress: string}>}},
    ]
    expect(container.NetworkSettings.Networks).toEqual({
      [`${word}-front`]: expect.objectContaining({
        Aliases: expect.arrayContaining(['web', 'www']) as unknown,
      }) as unknown,
      [`${word}-back`]: expect.objectContaining({Aliases: expect.arrayContaining(['db']) as unknown}) as unknown,
    })
    expect(await guest.run('docker', 'exec', word, 'ls', '/sys/class/net')).toMatch(/eth0\s+eth1/)
    for (const network of networks)
      expect(
        await guest.run('docker', 'network', 'inspect', '--format', '{{range .Containers}}{{.Name}}{{end}}', network),
      ).toBe(word)
  })

  test('--cidfile has the id of the container, and refuses the next one while it is there', async () => {
    const file = `/run/${unique()}.cid`
    const service = await defineService(guest, `run --rm --init --name %n --cidfile ${file} busybox sleep 1000`)
    onTestFinished(async () => {
      await guest.run('rm', '-f', file)
    })
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    const id = await service.inspect('{{.Id}}')
    expect(await guest.run('cat', file)).toBe(id)
    await service.stop()
    expect(await guest.run('cat', file)).toBe(id)
    expect((await service.start()).status).toBe(1)
    await service.says(/^cannot write the container's id to \/run\/\w+\.cid, which --cidfile names: it exists already/)
    expect(await guest.run('cat', file)).toBe(id)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test.each([
    ['could not be made', '--cap-add NONSENSE busybox true'],
    ['could not start', 'busybox /no/such'],
  ])('--cidfile is gone when the container %s', async (_, rest) => {
    const file = `/run/${unique()}.cid`
    const service = await defineService(guest, `run --rm --name %n --cidfile ${file} ${rest}`)
    expect((await service.start()).status).toBe(1)
    expect((await guest.attempt(['ls', file])).status).toBe(2)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  // Docker 20.10 has API 1.41, and 26.1 has 1.45.
  test.each([
    {option: '--annotation a.b/c=d', api: '1.43', format: '{{index .HostConfig.Annotations "a.b/c"}}', value: 'd'},
    {
      option: '--health-cmd true --health-start-interval 5s',
      api: '1.44',
      format: '{{.Config.Healthcheck.StartInterval}}',
      value: '5s',
    },
    {
      option: '--mac-address 02:42:ac:11:00:99',
      api: '1.44',
      format: '{{range .NetworkSettings.Networks}}{{.MacAddress}}{{end}}',
      value: '02:42:ac:11:00:99',
    },
  ])('$option is refused before API $api and taken from then on', async ({option, api, format, value}) => {
    const service = await defineService(guest, `run --rm --name %n ${option} busybox sleep 1000`)
    const {status} = await service.start()
    if (guest.kind.suite === 'bookworm') {
      expect(status).toBe(1)
      const name = option.split(' ').at(-2)
      await service.says(
        new RegExp(
          `^option ${String(name)}.* needs an Engine with API ${api}, and this one has 1.41: leave the option out`,
        ),
      )
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
    } else {
      expect(status, (await service.journal()).join('\n')).toBe(0)
      expect(await service.inspect(format)).toBe(value)
    }
  })

  test('a directory that a mount is to make is made, where the Engine has that', async () => {
    const directory = `/run/${unique()}`
    onTestFinished(async () => {
      await guest.attempt(['rmdir', directory])
    })
    const mount = `--mount type=bind,src=${directory},dst=/x,bind-create-src`
    const service = await defineService(guest, `run --rm --name %n ${mount} busybox sleep 1000`)
    const {status} = await service.start()
    if (guest.kind.suite === 'bookworm') {
      expect(status).toBe(1)
      await service.says(/^option --mount …,bind-create-src needs an Engine with API 1\.42, and this one has 1\.41: /)
      expect((await guest.attempt(['ls', directory])).status).toBe(2)
    } else {
      expect(status, (await service.journal()).join('\n')).toBe(0)
      expect((await guest.attempt(['ls', directory])).status).toBe(0)
    }
  })

  test("the proxies that docker's client was told of are the container's", async () => {
    const folder = `/run/${unique()}`
    await guest.run('mkdir', '-p', folder)
    onTestFinished(async () => {
      await guest.run('rm', '-r', folder)
    })
    const proxies = {'unix:///var/run/docker.sock': {httpProxy: 'http://u:hunter2@p', noProxy: 'x'}}
    await guest.write(`${folder}/config.json`, JSON.stringify({proxies}))
    const line = `-e no_proxy=line busybox sh -c 'env | grep -i _proxy | sort; sleep 1000'`
    const service = await defineService(guest, `run --rm --name %n ${line}`, {Environment: `DOCKER_CONFIG=${folder}`})
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says('no_proxy=line')
    const said = (await service.journal()).filter((text) => /^\w+_proxy=/i.test(text))
    expect(said).toEqual([
      'HTTP_PROXY=http://u:hunter2@p',
      'NO_PROXY=x',
      'http_proxy=http://u:hunter2@p',
      'no_proxy=line',
    ])
    expect(await service.inspect('{{json .Config.Labels}} {{json .Args}}')).not.toContain('hunter2')
  })

  test("a name may have the Engine's own slash, and its container is found again", async () => {
    const service = await defineService(guest, 'run --init --name /%n busybox sleep 1000')
    for (let life = 1; life <= 2; life++) {
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      expect(await service.inspect('{{.Name}}')).toBe(`/${service.name}`)
      await service.stop()
    }
  })

  test("the context of docker's client says where the Engine is", async () => {
    const word = unique()
    const folder = `/run/${word}`
    const meta = `${folder}/contexts/meta/${createHash('sha256').update(word).digest('hex')}`
    await guest.run('mkdir', '-p', meta)
    await guest.run('ln', '-s', '/run/docker.sock', `${folder}/engine.sock`)
    onTestFinished(async () => {
      await guest.run('rm', '-r', folder)
    })
    await guest.write(`${folder}/config.json`, JSON.stringify({currentContext: word}))
    const point = async (Host: string): Promise<void> => {
      await guest.write(`${meta}/meta.json`, JSON.stringify({Name: word, Endpoints: {docker: {Host}}}))
    }
    const service = await defineService(guest, '--cgroups none run --rm --init --name %n busybox sleep 1000', {
      Environment: `DOCKER_CONFIG=${folder}`,
    })
    await point(`unix://${folder}/engine.sock`)
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.stop()
    await point(`unix://${folder}/nobody.sock`)
    await service.start()
    await service.says(/^cannot reach the Docker Engine at unix:\/\/\/run\/\w+\/nobody\.sock: /)
    await point('ssh://root@elsewhere')
    await service.start()
    await service.says(/^cannot use the Docker context \w+, which \/run\/\w+\/config\.json names and which is at ssh:/)
  })
})
