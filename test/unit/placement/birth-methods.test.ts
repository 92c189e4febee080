import {describe, expect, test} from 'vitest'
import type {CreateRequest} from '../../../src/docker/create-request.js'
import type {EngineInfo} from '../../../src/docker/engine.js'
import {bestBirthMethod, ofTheHost, takesShims, type BirthConditions} from '../../../src/placement/birth-methods.js'
import type {UnitCgroup} from '../../../src/systemd/unit.js'
import {engineInfo} from '../../support/engine/engine-info.js'
import {plainRequest} from '../../../src/testing/plugin-host.js'

const NEW = engineInfo()
const OLD = engineInfo({version: '20.10.24+dfsg1'})
const UNIT: UnitCgroup = {
  name: 'x.service',
  path: '/system.slice/x.service',
  directory: '/sys/fs/cgroup/system.slice/x.service',
  unified: true,
  manager: 'system',
}
const SHIM = '/usr/local/bin/containerd-shim-systemd-docker-v1'
const UNHEARD = ofTheHost('only root can place containers through the shim')

function circumstances(engine: EngineInfo, others: Partial<BirthConditions> = {}): BirthConditions {
  return {
    unit: UNIT,
    request: plainRequest(),
    engine,
    shim: undefined,
    restrictsDevices: false,
    isContainerdFound: true,
    ...others,
  }
}

function withRuntime(name: string): CreateRequest {
  const request = plainRequest()
  request.body.HostConfig['Runtime'] = name
  return request
}

test.each([
  ['26.1.5+dfsg1', true],
  ['23.0.0', true],
  ['100.0', true],
  ['20.10.24+dfsg1', false],
  ['19.03.1', false],
  ['1.13.1', false],
  ['', false],
  ['dev', false],
])('an Engine of version %j takes shims: %s', (version, takes) => {
  expect(takesShims({...NEW, version})).toBe(takes)
})

describe('the best way', () => {
  const cgroupfs = {cgroupDriver: 'cgroupfs'}
  const registered = {runtimes: ['runc', 'systemd-docker']}

  test.each<[string, BirthConditions, string]>([
    ['on a new Engine is the shim', circumstances(NEW, {shim: SHIM}), 'the containerd shim'],
    [
      'on a new Engine with the cgroupfs driver is the shim, too',
      circumstances({...NEW, ...cgroupfs}, {shim: SHIM}),
      'the containerd shim',
    ],
    [
      'on a new Engine with the cgroupfs driver and no shim is the parent',
      circumstances({...NEW, ...cgroupfs}),
      "the Engine's cgroupfs driver",
    ],
    [
      'for a runtime of the user with the cgroupfs driver is the parent',
      circumstances({...NEW, ...cgroupfs}, {shim: SHIM, request: withRuntime('runsc')}),
      "the Engine's cgroupfs driver",
    ],
    [
      'for one who cannot announce, with the cgroupfs driver, is the parent',
      circumstances({...NEW, ...cgroupfs}, {shim: SHIM, whyUnheard: UNHEARD}),
      "the Engine's cgroupfs driver",
    ],
    [
      'on an old Engine with the cgroupfs driver is the parent',
      circumstances({...OLD, ...cgroupfs, ...registered}),
      "the Engine's cgroupfs driver",
    ],
    [
      'on an old Engine with the systemd driver is the OCI runtime',
      circumstances({...OLD, ...registered}),
      'the OCI runtime systemd-docker',
    ],
    [
      'on an old Engine is never the shim',
      circumstances({...OLD, ...registered}, {shim: SHIM}),
      'the OCI runtime systemd-docker',
    ],
    [
      'is not hindered by a runtime that was named as nothing',
      circumstances(NEW, {shim: SHIM, request: withRuntime('')}),
      'the containerd shim',
    ],
  ])('the best way %s', (_, around, title) => {
    expect(bestBirthMethod(around).method?.title).toBe(title)
  })
})

describe('there is no way', () => {
  test.each<[string, BirthConditions, string, boolean?]>([
    [
      'without the shim',
      circumstances(NEW),
      'containerd does not find containerd-shim-systemd-docker-v1 (run `systemd-docker setup`)',
    ],
    [
      'without the OCI runtime',
      circumstances(OLD),
      'the Engine has no runtime systemd-docker (run `systemd-docker setup`)',
    ],
    [
      "for a runtime of the user's choice",
      circumstances(NEW, {shim: SHIM, request: withRuntime('runsc')}),
      '--runtime runsc is set',
    ],
    [
      "for a runtime of the user's choice on an old Engine",
      circumstances({...OLD, runtimes: ['systemd-docker']}, {request: withRuntime('runsc')}),
      '--runtime runsc is set',
    ],
    [
      "for a runtime that the host's owner made the default",
      circumstances({...NEW, defaultRuntime: 'nvidia'}, {shim: SHIM}),
      "the Engine's default runtime is nvidia",
    ],
    [
      'in a unit that may use fewer devices than Docker gives a container',
      circumstances({...NEW, cgroupDriver: 'cgroupfs'}, {shim: SHIM, restrictsDevices: true}),
      "the unit's DevicePolicy= forbids what Docker allows every container (set DevicePolicy=auto, without DeviceAllow= and PrivateDevices=)",
      true,
    ],
    [
      'for an Engine whose containerd is not found, and so perhaps not the shim either',
      circumstances(NEW, {isContainerdFound: false}),
      "the Engine's containerd was not found, so it is unknown whether it finds the shim",
    ],
    [
      'for one to whom the shim does not listen',
      circumstances(NEW, {shim: SHIM, whyUnheard: UNHEARD}),
      'only root can place containers through the shim',
    ],
    [
      'for one to whom the OCI runtime does not listen',
      circumstances({...OLD, runtimes: ['systemd-docker']}, {whyUnheard: UNHEARD}),
      'only root can place containers through the shim',
    ],
  ])('a container has no way to be born %s, and why is said', (_, around, why, isUnits = false) => {
    expect(bestBirthMethod(around)).toEqual({method: undefined, objections: [{why, isUnits}]})
  })
})

describe('a create request', () => {
  const prepared = (around: BirthConditions): CreateRequest['body']['HostConfig'] => {
    const {method} = bestBirthMethod(around)
    method?.prepare(around.request, around.unit)
    return around.request.body.HostConfig
  }
  const plain = plainRequest().body.HostConfig

  test.each<[string, BirthConditions, object, boolean]>([
    ['asks for the shim', circumstances(NEW, {shim: SHIM}), {Runtime: 'io.containerd.systemd-docker.v1'}, true],
    [
      'asks for the OCI runtime',
      circumstances({...OLD, runtimes: ['systemd-docker']}),
      {Runtime: 'systemd-docker'},
      true,
    ],
    [
      "asks for the unit's cgroup as parent",
      circumstances({...OLD, cgroupDriver: 'cgroupfs'}),
      {CgroupParent: '/system.slice/x.service'},
      false,
    ],
  ])('a create request %s and for nothing else', (_, around, asked, announced) => {
    expect(bestBirthMethod(around).method?.announced).toBe(announced)
    expect(prepared(around)).toEqual({...plain, ...asked})
  })
})
