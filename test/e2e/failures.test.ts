import {describe, expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {EACH_RELEASE} from '../support/host/hosts.js'
import {containers, defineService, unique} from '../support/service/service.js'

describe.each(EACH_RELEASE)('a run that cannot be on $name', ({guest}) => {
  test.each([
    {
      what: 'the Engine is not there for as long as the unit may start',
      line: 'run --rm busybox true',
      unit: {Environment: 'DOCKER_HOST=unix:///run/nobody.sock', TimeoutStartSec: '3'},
      warned: /^waiting up to \d+ s for the Docker Engine at unix:\/\/\/run\/nobody\.sock: /,
      says: /^cannot reach the Docker Engine at unix:\/\/\/run\/nobody\.sock: connect ENOENT .*; is docker\.service running/,
    },
    {
      what: 'the Engine is on another host',
      line: 'run --rm busybox true',
      unit: {Environment: 'DOCKER_HOST=tcp://127.0.0.1:2375'},
      says: /^cannot use DOCKER_HOST=tcp:\/\/127\.0\.0\.1:2375: the container must run on this host/,
    },
    {
      what: "the context of docker's client is not there, in root's home, as such a unit has no HOME",
      line: 'run --rm busybox true',
      unit: {Environment: 'DOCKER_CONTEXT=nowhere'},
      says: /^cannot use the Docker context nowhere, which DOCKER_CONTEXT names: there is no \/root\/\.docker\/contexts\/meta\/[0-9a-f]{64}\/meta\.json; /,
    },
    {
      what: "the Engine's socket may not be opened",
      line: 'run --rm busybox true',
      unit: {User: 'nobody'},
      says: /^not allowed to open the Docker Engine's socket unix:\/\/\/var\/run\/docker\.sock; run the unit as root/,
    },
    {
      what: 'the image is not there and may not be pulled',
      line: 'run --rm --pull=never no/such:image',
      says: /^image no\/such:image is not on this host and --pull=never forbids fetching it; run `docker pull no\/such:image` first$/,
    },
    {
      what: 'the image is not there and cannot be pulled',
      line: 'run --rm 127.0.0.1:1/no/such',
      says: /^cannot pull image 127\.0\.0\.1:1\/no\/such: .*connection refused.*; check the name, the tag and the connection to the registry$/,
    },
    {
      what: 'an option before run is unknown',
      line: '--cgruops none run busybox',
      says: /^unknown option --cgruops, did you mean --cgroups\?/,
    },
    {
      what: 'an option after run is unknown',
      line: 'run --volumn /a:/b busybox',
      says: /^unknown option --volumn, did you mean --volume\?/,
    },
    {
      what: 'an option has a bad value',
      line: 'run --memory lots busybox',
      says: /^invalid value "lots" for --memory: use a number of bytes/,
    },
    {
      what: 'docker is to restart the container',
      line: 'run --restart=always busybox',
      says: /^option --restart always is refused: systemd restarts the container; set Restart=always/,
    },
    {
      what: 'an option has no place on this system',
      line: 'run --cpu-count 2 busybox',
      says: /^option --cpu-count is refused: it is for containers on Windows$/,
    },
    {what: 'there is no image', line: 'run --rm', says: /^run needs an image/},
    {
      what: "an option's file is not there",
      line: 'run --env-file /run/nowhere busybox',
      says: /^cannot read \/run\/nowhere, which --env-file names: ENOENT/,
    },
    {
      what: 'the Engine refuses what is asked',
      line: 'run --rm --cap-add NONSENSE busybox true',
      says: /^the Engine failed to create the container: .*NONSENSE.* \(HTTP 400\)$/,
    },
    {
      what: 'the Engine cannot start it',
      line: 'run --rm --mount type=bind,source=/run/nowhere,target=/x busybox true',
      says: /^the Engine failed to create the container: .*\/run\/nowhere.* \(HTTP 400\)$/,
    },
  ])(
    'a run that fails because $what ends with 125 and one line of why, and leaves nothing',
    async ({line, unit = {}, warned, says}) => {
      const service = await defineService(guest, line.replace(/(^| )run /, '$1run --name %n '), unit)
      expect((await service.start()).status).toBe(1)
      await service.says(says)
      expect(await service.show('ActiveState', 'Result', 'ExecMainStatus')).toEqual({
        ActiveState: 'failed',
        Result: 'exit-code',
        ExecMainStatus: '125',
      })
      expect((await service.show('StatusText')).StatusText).toMatch(says)
      const ours = (await service.journal()).filter((said) => !said.includes(service.name))
      if (warned !== undefined) expect(ours.shift()).toMatch(warned)
      expect(ours).toHaveLength(1)
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
      expect(await service.pids()).toEqual([])
    },
  )

  test.each([
    {what: 'is not in the image', command: '/no/such', status: '127', says: /^the container's command was not found: /},
    {what: 'is not in the PATH', command: 'no-such', status: '127', says: /^the container's command was not found: /},
    {
      what: 'cannot be executed',
      command: '/etc/passwd',
      status: '126',
      says: /^the container's command cannot be run: .*permission denied/,
    },
  ])(
    'a run whose command $what ends with $status, as docker run does, and leaves nothing',
    async ({command, status, says}) => {
      const service = await defineService(guest, `--pid-file /run/%n.pid run --name %n busybox ${command}`)
      await service.start()
      await service.says(says)
      expect(await service.show('ActiveState', 'ExecMainStatus')).toEqual({
        ActiveState: 'failed',
        ExecMainStatus: status,
      })
      expect((await service.show('StatusText')).StatusText).toMatch(says)
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
      expect((await guest.attempt(['ls', `/run/${service.name}.pid`])).status).toBe(2)
    },
  )

  test('a run that fails leaves a container that was there before as it was', async () => {
    const service = await defineService(guest, '--pid-file /run/nowhere/x run --rm --name %n busybox true')
    await guest.run('docker', 'create', '--name', service.name, 'busybox', 'true')
    const id = await service.inspect('{{.Id}}')
    await service.start()
    expect(await service.inspect('{{.Id}} {{.State.Status}}')).toBe(`${id} created`)
  })

  test('a run that is stopped while it starts is a clean end, and its container is gone', async () => {
    const label = unique()
    const service = await defineService(guest, `--notify run --rm --init --label ${label} busybox sleep 1000`)
    const started = service.start()
    await until(20_000, async () => ((await containers(guest, `label=${label}`)).length === 1 ? true : undefined))
    await service.stop()
    await started
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    expect(await containers(guest, `label=${label}`)).toEqual([])
  })
})
