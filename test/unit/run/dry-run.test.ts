import {expect, test} from 'vitest'
import type {RunRequest} from '../../../src/docker/run-options/draft.js'
import {describeRun} from '../../../src/run/dry-run.js'
import {labelled} from '../../../src/pipeline/labels.js'
import {Pipeline, type Member} from '../../../src/pipeline/pipeline.js'
import {CleanupStack} from '../../../src/pipeline/cleanup.js'
import {plainRequest} from '../../../src/testing/plugin-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

function pipelineOf(...members: readonly Member[]): Pipeline {
  return new Pipeline(members, new AbortController().signal, new CleanupStack(), recordingLog().log)
}

test('the create request is printed as the plugins make it', async () => {
  const request = {...plainRequest(), name: 'web', platform: 'linux/arm64'}
  const pipeline = pipelineOf({name: 'env', hooks: {resolve: (context) => void context.request.body.Env.push('A=b')}})
  const printed: unknown = JSON.parse(await describeRun({request, pull: 'always'}, undefined, pipeline, () => true))
  expect(printed).toEqual({
    create: {
      name: 'web',
      platform: 'linux/arm64',
      body: {...plainRequest().body, Env: ['A=b'], Labels: labelled(request, {unit: undefined}).body.Labels},
    },
    pull: 'always',
    host: [],
    resident: false,
  })
})

test('a name and a platform that nobody gave are not there', async () => {
  const printed: unknown = JSON.parse(
    await describeRun({request: plainRequest(), pull: 'missing'}, undefined, pipelineOf(), () => true),
  )
  expect(printed).toEqual({
    create: {body: labelled(plainRequest(), {unit: undefined}).body},
    pull: 'missing',
    host: [],
    resident: false,
  })
})

test('a dry run prints what the plugins say after resolve: what would be done to the host, and why this process would stay', async () => {
  let resolved = false
  const pipeline = pipelineOf(
    {
      name: 'pid-file',
      hooks: {
        resolve: () => {
          resolved = true
        },
        describe: () => (resolved ? ['write a file'] : []),
      },
    },
    {name: 'logs', hooks: {resident: () => (resolved ? 'it forwards' : undefined)}},
  )
  const printed: unknown = JSON.parse(
    await describeRun({request: plainRequest(), pull: 'missing'}, undefined, pipeline, () => true),
  )
  expect(printed).toMatchObject({host: ['pid-file: write a file'], resident: ['logs: it forwards']})
})

test('no hook but resolve is called', async () => {
  const called: string[] = []
  const note = (name: string) => (): undefined => void called.push(name)
  const pipeline = pipelineOf({
    name: 'all',
    hooks: {
      resolve: note('resolve'),
      reconcile: note('reconcile'),
      create: note('create'),
      start: note('start'),
      started: note('started'),
      ready: note('ready'),
      exited: note('exited'),
      removed: note('removed'),
    },
  })
  await describeRun({request: plainRequest(), pull: 'missing'}, undefined, pipeline, () => true)
  expect(called).toEqual(['resolve'])
})

test('a plugin that refuses the run is an error', async () => {
  const pipeline = pipelineOf({name: 'pid-file', hooks: {resolve: () => Promise.reject(new Error('no directory'))}})
  await expect(
    describeRun({request: plainRequest(), pull: 'missing'}, undefined, pipeline, () => true),
  ).rejects.toMatchObject({
    code: 'PLUGIN',
    message: 'pid-file (resolve): no directory',
  })
})

test('the print is indented, to be read by people too', async () => {
  const text = await describeRun({request: plainRequest(), pull: 'missing'}, undefined, pipelineOf(), () => true)
  expect(text.split('\n').slice(0, 4)).toEqual(['{', '  "create": {', '    "body": {', '      "Image": "image",'])
})

test('a variable that may not be shown is printed by its name alone', async () => {
  const request = plainRequest()
  request.body.Env.push('PLAIN=on the line', 'SECRET=hidden=value\nof two lines', 'BARE')
  const text = await describeRun({request, pull: 'missing'}, undefined, pipelineOf(), (entry) =>
    entry.startsWith('PLAIN'),
  )
  expect(JSON.parse(text)).toMatchObject({create: {body: {Env: ['PLAIN=on the line', 'SECRET', 'BARE']}}})
  expect(request.body.Env[1]).toBe('SECRET=hidden=value\nof two lines')
})

test('a dry run shows the file of --cidfile and what needs a newer Engine, where there is any', async () => {
  const needs = [{option: '--annotation', api: '1.43'}]
  const order: RunRequest = {request: plainRequest(), pull: 'missing', cidFile: '/run/x.cid', needs}
  const printed: unknown = JSON.parse(await describeRun(order, undefined, pipelineOf(), () => true))
  expect(printed).toMatchObject({cidFile: '/run/x.cid', needs})
})

test('the labels that the container will have are printed', async () => {
  const unit = {name: 'web.service', manager: 'system', id: 'a1'} as const
  const text = await describeRun({request: plainRequest(), pull: 'missing'}, unit, pipelineOf(), () => true)
  expect(JSON.parse(text)).toMatchObject({
    create: {body: {Labels: {'systemd-docker.unit': 'web.service', 'systemd-docker.invocation': 'a1'}}},
  })
})
