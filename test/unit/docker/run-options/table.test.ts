import {describe, expect, test} from 'vitest'
import {emptyDraft} from '../../../../src/docker/run-options/draft.js'
import {RUN_OPTIONS} from '../../../../src/docker/run-options/table.js'
import {draftOfRow} from '../../../support/run-options/draft.js'
import {plainRequest} from '../../../../src/testing/plugin-host.js'

/** The options of `docker run` of client 29.8, and of old ones that it hides. */
const SWITCHES =
  'detach disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged publish-all quiet read-only rm sig-proxy tty use-api-socket'
const VALUED =
  'add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops dns dns-opt dns-option dns-search domainname entrypoint env env-file expose gpus group-add health-cmd health-interval health-retries health-start-interval health-start-period health-timeout hostname io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver log-opt mac-address memory memory-reservation memory-swap memory-swappiness mount name net net-alias network network-alias oom-score-adj pid pids-limit platform publish pull restart runtime security-opt shm-size stop-signal stop-timeout storage-opt sysctl tmpfs ulimit umask user userns uts volume volume-driver volumes-from workdir'
const SHORT: Readonly<Record<string, string>> = {
  a: 'attach',
  c: 'cpu-shares',
  d: 'detach',
  e: 'env',
  h: 'hostname',
  i: 'interactive',
  l: 'label',
  m: 'memory',
  p: 'publish',
  P: 'publish-all',
  q: 'quiet',
  t: 'tty',
  u: 'user',
  v: 'volume',
  w: 'workdir',
}

describe('the table of docker run', () => {
  test('the table has every switch', () => {
    const switches = Object.keys(RUN_OPTIONS).filter((name) => RUN_OPTIONS[name]?.takes === 'nothing')
    expect(switches.toSorted()).toEqual(SWITCHES.split(' '))
  })

  test('the table has every option with a value', () => {
    const valued = Object.keys(RUN_OPTIONS).filter((name) => RUN_OPTIONS[name]?.takes === 'value')
    expect(valued.toSorted()).toEqual(VALUED.split(' '))
  })

  test('the table has the one-letter forms of docker and no others', () => {
    const short = Object.entries(RUN_OPTIONS).flatMap(([name, {char}]) => (char === undefined ? [] : [[char, name]]))
    expect(Object.fromEntries(short)).toEqual(SHORT)
    expect(short).toHaveLength(15)
  })
})

describe('an option of one value', () => {
  test.each([
    ['cgroup-parent', 'x.slice', {HostConfig: {CgroupParent: 'x.slice'}}],
    ['cpus', '1.5', {HostConfig: {NanoCpus: 1_500_000_000}}],
    ['entrypoint', '/bin/sh', {Entrypoint: ['/bin/sh']}],
    ['entrypoint', '', {Entrypoint: ['']}],
    ['hostname', 'web', {Hostname: 'web'}],
    ['log-driver', 'journald', {HostConfig: {LogConfig: {Type: 'journald', Config: {}}}}],
    ['memory', '64m', {HostConfig: {Memory: 67_108_864}}],
    ['runtime', 'runc', {HostConfig: {Runtime: 'runc'}}],
    ['stop-signal', 'SIGQUIT', {StopSignal: 'SIGQUIT'}],
    ['stop-timeout', '30', {StopTimeout: 30}],
    ['user', '1000:1000', {User: '1000:1000'}],
    ['workdir', '/srv', {WorkingDir: '/srv'}],
  ])('the option is put where the Engine reads it: --%s %s', async (name, value, body) => {
    const {request} = await draftOfRow(name, [value])
    expect(request.body).toMatchObject(body)
  })

  test.each([
    ['cgroup-parent', {HostConfig: {CgroupParent: 'second'}}],
    ['hostname', {Hostname: 'second'}],
    ['user', {User: 'second'}],
    ['workdir', {WorkingDir: 'second'}],
    ['entrypoint', {Entrypoint: ['second']}],
  ])('--%s given twice is the second', async (name, body) => {
    const {request} = await draftOfRow(name, ['first', 'second'])
    expect(request.body).toMatchObject(body)
  })

  test.each([
    ['name', {name: 'web'}],
    ['platform', {platform: 'linux/amd64'}],
  ])('--%s is no part of the body', async (name, part) => {
    const {request} = await draftOfRow(name, [name === 'name' ? 'web' : 'amd64'])
    expect(request).toEqual({...plainRequest(), ...part})
  })

  test.each([
    ['cpus', 'many', 'invalid value "many" for --cpus: use a number of CPUs, such as 1.5'],
    [
      'memory',
      'much',
      'invalid value "much" for --memory: use a number of bytes, or one with a unit: b, k, m, g, t, p',
    ],
    ['pull', 'sometimes', 'invalid value "sometimes" for --pull: use one of always, missing, never'],
    ['stop-timeout', '10s', 'invalid value "10s" for --stop-timeout: use a whole number'],
  ])('--%s %s is refused', async (name, value, message) => {
    await expect(draftOfRow(name, [value])).rejects.toMatchObject({code: 'BAD_VALUE', message})
  })
})

describe('an option that may be given again', () => {
  test.each([
    ['cap-add', ['NET_ADMIN', 'SYS_TIME'], {HostConfig: {CapAdd: ['CAP_NET_ADMIN', 'CAP_SYS_TIME']}}],
    ['cap-drop', ['ALL', 'CHOWN'], {HostConfig: {CapDrop: ['ALL', 'CAP_CHOWN']}}],
    ['env', ['A=1', 'B=2'], {Env: ['A=1', 'B=2']}],
    ['label', ['a=1', 'b=2'], {Labels: {a: '1', b: '2'}}],
    ['log-opt', ['max-size=1m', 'tag'], {HostConfig: {LogConfig: {Type: '', Config: {'max-size': '1m', tag: ''}}}}],
    ['mount', ['type=tmpfs,dst=/a'], {HostConfig: {Mounts: [{Type: 'tmpfs', Target: '/a'}]}}],
    ['publish', ['80'], {HostConfig: {PortBindings: {'80/tcp': [{HostIp: '', HostPort: ''}]}}}],
    ['tmpfs', ['/a', '/b:ro'], {HostConfig: {Tmpfs: {'/a': '', '/b': 'ro'}}}],
    ['ulimit', ['core=0'], {HostConfig: {Ulimits: [{Name: 'core', Soft: 0, Hard: 0}]}}],
    ['volume', ['/a:/a', '/b:/b'], {HostConfig: {Binds: ['/a:/a', '/b:/b']}}],
  ])('--%s keeps all of %j', async (name, values, body) => {
    const {request} = await draftOfRow(name, values)
    expect(request.body).toMatchObject(body)
  })
})

describe('a switch', () => {
  test.each([
    ['init', {HostConfig: {Init: true}}, {HostConfig: {Init: false}}],
    ['interactive', {OpenStdin: true}, {OpenStdin: false}],
    ['privileged', {HostConfig: {Privileged: true}}, {HostConfig: {Privileged: false}}],
    ['read-only', {HostConfig: {ReadonlyRootfs: true}}, {HostConfig: {ReadonlyRootfs: false}}],
    ['rm', {HostConfig: {AutoRemove: true}}, {HostConfig: {AutoRemove: false}}],
    ['tty', {Tty: true}, {Tty: false}],
  ])('--%s can be given and taken back', async (name, given, takenBack) => {
    expect((await draftOfRow(name, ['true'])).request.body).toMatchObject(given)
    expect((await draftOfRow(name, ['true', 'false'])).request.body).toMatchObject(takenBack)
  })

  test.each(['help', 'disable-content-trust'])('--%s changes nothing', async (name) => {
    expect(await draftOfRow(name, ['true'])).toEqual(emptyDraft('image', []))
  })
})

test('--quiet is for a pull, and asks nothing else of the Engine', async () => {
  const {quiet, request} = await draftOfRow('quiet', ['true'])
  expect({quiet, request}).toEqual({quiet: true, request: plainRequest()})
  expect((await draftOfRow('quiet', ['true', 'false'])).quiet).toBe(false)
})

test('--sig-proxy is whether signals are passed on', async () => {
  expect((await draftOfRow('sig-proxy', ['false'])).sigProxy).toBe(false)
  expect((await draftOfRow('sig-proxy', ['true'])).sigProxy).toBe(true)
})

describe('--pull', () => {
  test.each(['always', 'missing', 'never'])('--pull %s is the policy', async (value) => {
    expect((await draftOfRow('pull', [value])).pull).toBe(value)
  })
})

describe('--restart', () => {
  test.each(['no', ''])('--restart %j leaves the restart to systemd and changes nothing', async (value) => {
    expect((await draftOfRow('restart', [value])).request).toEqual(plainRequest())
  })

  test.each(['always', 'unless-stopped', 'on-failure', 'on-failure:3'])(
    "--restart %s is refused, as it is systemd's",
    async (value) => {
      await expect(draftOfRow('restart', [value])).rejects.toMatchObject({
        code: 'REFUSED_OPTION',
        message: `option --restart ${value} is refused: systemd restarts the container; set Restart=always or Restart=on-failure in the unit instead`,
      })
    },
  )
})
