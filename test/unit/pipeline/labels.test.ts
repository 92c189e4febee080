import {describe, expect, test} from 'vitest'
import {LABELS, hashOf, labelled} from '../../../src/pipeline/labels.js'
import {plainRequest} from '../../../src/testing/plugin-host.js'

const UNIT = {name: 'web.service', manager: 'system', id: 'a1b2'} as const

describe('the labels of a container', () => {
  test("a container's labels say its unit, the invocation and the request, beside those of the line", () => {
    const request = {...plainRequest(), name: 'web'}
    request.body.Labels['a'] = 'b'
    request.body.Labels['plugin.file'] = '/run/x'
    expect(labelled(request, {unit: UNIT, rm: true}).body.Labels).toEqual({
      a: 'b',
      'systemd-docker.unit': 'web.service',
      'systemd-docker.invocation': 'a1b2',
      'systemd-docker.nameless': 'no',
      'systemd-docker.rm': 'yes',
      'plugin.file': '/run/x',
      'systemd-docker.labels': '["a","plugin.file"]',
      'systemd-docker.request': hashOf(request),
    })
    expect(request.body.Labels).toEqual({a: 'b', 'plugin.file': '/run/x'})
  })

  test("a container's labels are all there outside of a unit and without a name, too, so that the image has no say in them", () => {
    const {Labels} = labelled(plainRequest(), {unit: undefined}).body
    expect(Object.keys(Labels).toSorted()).toEqual(Object.values(LABELS).toSorted())
    expect(Labels).toMatchObject({
      'systemd-docker.unit': '',
      'systemd-docker.nameless': 'yes',
      'systemd-docker.rm': 'no',
      'systemd-docker.labels': '[]',
    })
  })
})

describe('the hash of a request', () => {
  test('a hash is the same for the same request, in whatever order its fields were set', () => {
    const request = plainRequest()
    const {body, ...rest} = request
    const turned = {...rest, body: Object.fromEntries(Object.entries(body).toReversed()) as typeof body}
    expect(hashOf(turned)).toBe(hashOf(request))
    expect(hashOf(request)).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each([
    ['a name', {...plainRequest(), name: 'web'}],
    ['a platform', {...plainRequest(), platform: 'linux/arm64'}],
    ['a command', {...plainRequest(), body: {...plainRequest().body, Cmd: ['sh']}}],
    ['the order of variables', {...plainRequest(), body: {...plainRequest().body, Env: ['B=1', 'A=1']}}],
  ])('a hash is another with %s', (_, other) => {
    const base = {...plainRequest(), body: {...plainRequest().body, Env: ['A=1', 'B=1']}}
    expect(hashOf(other)).not.toBe(hashOf(base))
  })
})
