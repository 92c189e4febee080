import {describe, expect, test} from 'vitest'
import {emptyCreateRequest} from '../../../src/docker/create-request.js'
import {LABELS, labelled} from '../../../src/pipeline/labels.js'
import {givenLabels, withOwnLabels} from '../../../src/lifecycle/own-labels.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {inspection} from '../../support/engine/inspection.js'

type Labels = Readonly<Record<string, string>>
const {signal} = new AbortController()
const UNIT = {name: 'web.service', manager: 'system', id: 'now'} as const

/** The labels that a container has of its own, which has these and whose image has those. */
async function ownOf(labels: Labels, image: Labels | undefined): Promise<Labels> {
  const found = inspection({labels})
  const asked: string[] = []
  const imageLabels = (id: string): Promise<Labels | undefined> => {
    asked.push(id)
    return Promise.resolve(image)
  }
  const {labels: own, ...rest} = await withOwnLabels(found, fakeEngine({imageLabels}), signal)
  expect({...rest, labels}).toEqual(found)
  expect(asked.length <= 1 && asked.every((id) => id === found.image)).toBe(true)
  return own
}

describe('the labels of a container', () => {
  const hostile = {[LABELS.unit]: 'web.service', [LABELS.nameless]: 'yes', [LABELS.given]: '["plugin.file"]'}
  const ours = labelled(emptyCreateRequest('busybox', []), {unit: UNIT}).body.Labels

  test('the labels of a container are its own when we have made it, whatever its image says', async () => {
    await expect(ownOf(ours, {})).resolves.toEqual(ours)
    await expect(ownOf(ours, hostile)).resolves.toEqual(ours)
    await expect(ownOf(ours, {...ours, [LABELS.invocation]: 'before'})).resolves.toEqual(ours)
  })

  test('labels that the image says are none of ours, and others stay', async () => {
    await expect(ownOf({...hostile, a: 'b'}, {...hostile, a: 'b'})).resolves.toEqual({a: 'b'})
  })

  test('labels of an image that was made of a container of ours are none of ours', async () => {
    await expect(ownOf(ours, ours)).resolves.toEqual({})
  })

  test('labels that somebody has said on the line of a container are its own', async () => {
    await expect(ownOf(hostile, {})).resolves.toEqual(hostile)
  })

  test('labels are never a reason to remove anything when the image is not there any more', async () => {
    await expect(ownOf({...hostile, [LABELS.rm]: 'yes', a: 'b'}, undefined)).resolves.toEqual({
      [LABELS.unit]: 'web.service',
      a: 'b',
    })
  })
})

test('an image is not looked at for a container that has no label of ours', async () => {
  const found = inspection({labels: {a: 'b'}})
  const imageLabels = (): Promise<never> => Promise.reject(new Error('asked'))
  await expect(withOwnLabels(found, fakeEngine({imageLabels}), signal)).resolves.toBe(found)
})

describe('the labels that the run has put on a container', () => {
  const request = emptyCreateRequest('busybox', [])
  Object.assign(request.body.Labels, {a: 'b', 'plugin.file': '/run/x'})
  const ours = labelled(request, {unit: UNIT}).body.Labels

  test('the labels of a run are those of the line and of plugins, and none that its image has brought', async () => {
    const image = {'other.plugin.file': '/etc/passwd', 'plugin.file': '/etc/passwd', c: 'd'}
    const own = await ownOf({...image, ...ours}, image)
    expect(givenLabels({labels: own})).toEqual({a: 'b', 'plugin.file': '/run/x'})
  })

  test('the labels of a run are its own when they say the same as its image, as one does that was made of such a container', async () => {
    const own = await ownOf(ours, {...ours, [LABELS.invocation]: 'before'})
    expect(givenLabels({labels: own})).toEqual({a: 'b', 'plugin.file': '/run/x'})
  })

  test.each([
    ['was made of a container of ours', ours],
    ['is not there any more', undefined],
  ])('the labels of a run are none when its image %s', async (_, image) => {
    expect(givenLabels({labels: await ownOf(ours, image)})).toEqual({})
  })

  test.each(['{', '"a"', '{"a": "b"}', ''])(
    'the labels of a run are none when somebody else has written %j in their place',
    (given) => {
      expect(givenLabels({labels: {a: 'b', [LABELS.given]: given}})).toEqual({})
    },
  )
})
