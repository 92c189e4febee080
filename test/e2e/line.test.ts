import {describe, expect, onTestFinished, test} from 'vitest'
import {EACH_RELEASE} from '../support/host/hosts.js'
import {containers, defineService, unique} from '../support/service/service.js'

const JOB = {Type: 'oneshot'}

describe.each(EACH_RELEASE)('a line of docker or podman on $name', ({guest}) => {
  test("docker's own options before its command are taken", async () => {
    const directory = `/run/${unique()}`
    await guest.run('mkdir', directory)
    // What docker's client makes of such a directory is seen by its proxy.
    const config = JSON.stringify({proxies: {default: {httpProxy: 'http://of-the-directory'}}})
    await guest.write(`${directory}/config.json`, config)
    onTestFinished(async () => {
      await guest.run('rm', '-r', directory)
    })
    const words = [
      `--config ${directory} run`,
      '-H unix:///var/run/docker.sock run',
      '--context default run',
      '-D run',
      '-l error run',
      'container run',
    ]
    const services = await Promise.all(
      words.map((word) => defineService(guest, `${word} --rm --name %n busybox env`, JOB)),
    )
    const starts = await Promise.all(services.map((service) => service.start()))
    expect(starts.map(({status}) => status)).toEqual(words.map(() => 0))
    await services[0]?.says('HTTP_PROXY=http://of-the-directory')
    // Each speaks with the Engine that its line says, and not with that of its variable.
    const elsewhere = {...JOB, Environment: 'DOCKER_HOST=unix:///run/nobody.sock'}
    const said = await defineService(
      guest,
      '-H unix:///run/docker.sock run --rm --name %n busybox echo here',
      elsewhere,
    )
    expect((await said.start()).status).toBe(0)
    await said.says('here')
  })

  test('what cannot be taken is refused in a line that says what to write instead', async () => {
    const refused = [
      ['-H tcp://127.0.0.1:2375 run', /^cannot use DOCKER_HOST=tcp:.* so use unix:\/\//],
      ['--context nobody run', /^cannot use the Docker context nobody/],
      ['run --replace', /^option --replace is refused: only podman has it; set --rm/],
      ['run --sdnotify=conmon', /^option --sdnotify is refused: only podman has it; leave it out/],
      ['run --cgroups=no-conmon', /^option --cgroups is refused: only podman has it; leave it out/],
    ] as const
    await Promise.all(
      refused.map(async ([words, line]) => {
        const service = await defineService(guest, `${words} --rm --name %n busybox true`, JOB)
        expect((await service.start()).status).toBe(1)
        await service.says(line)
        await service.reaches({ActiveState: 'failed', ExecMainStatus: '125'})
        expect(await containers(guest, `name=${service.name}`)).toEqual([])
      }),
    )
  })

  test('--cidfile is there whenever the container runs, also one that is started again or taken over', async () => {
    const file = `/run/${unique()}.cid`
    const service = await defineService(guest, `run --init --name %n --cidfile ${file} busybox sleep 1000`, {
      KillMode: 'mixed',
      ExecStartPre: `-/bin/rm -f ${file}`,
      ExecStop: `/bin/sh -c 'docker stop --time 1 $$(cat ${file})'`,
    })
    const idOf = (): Promise<string> => guest.run('cat', file)
    onTestFinished(async () => {
      await guest.run('rm', '-f', file)
    })
    expect((await service.start()).status).toBe(0)
    const id = await service.inspect('{{.Id}}')
    expect(await idOf()).toBe(id)
    await service.stop()
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
    expect((await service.start()).status).toBe(0)
    expect(await idOf()).toBe(id)
    await service.stop()
    await guest.run('docker', 'start', service.name)
    expect((await service.start()).status).toBe(0)
    expect(await idOf()).toBe(id)
    await service.stop()
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
  })
})
