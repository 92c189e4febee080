import {mkdtemp, rm} from 'node:fs/promises'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, test} from 'vitest'
import {emptyCreateRequest} from '../../src/docker/create-request.js'
import {DockerodeEngine} from '../../src/docker/dockerode-engine.js'
import {EngineRefusedError, EngineUnreachableError, PullError} from '../../src/errors.js'

const {signal} = new AbortController()
const open: {server: Server; directory: string}[] = []

afterEach(async () => {
  for (const {server, directory} of open.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(directory, {recursive: true})
  }
})

/** An Engine on a socket of its own that answers as it is told, and keeps what it was asked. */
async function engineThat(answers: (request: IncomingMessage, response: ServerResponse) => void) {
  const directory = await mkdtemp(join(tmpdir(), 'engine-'))
  const asked: {line: string; body: string}[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push({line: `${String(request.method)} ${String(request.url)}`, body: Buffer.concat(chunks).toString()})
      answers(request, response)
    })
  })
  const path = join(directory, 'docker.sock')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  open.push({server, directory})
  return {engine: new DockerodeEngine(path), asked, path}
}

const answer =
  (status: number, body: unknown = '') =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body))
  }

async function all<T>(said: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of said) list.push(one)
  return list
}

describe('the Engine through dockerode', () => {
  test('is asked to create a container with the request in the body and the name alone in the query', async () => {
    const {engine, asked} = await engineThat(answer(201, {Id: 'abc'}))
    const request = {...emptyCreateRequest('nginx', ['-g', 'x']), name: 'web', platform: 'linux/arm64'}
    request.body.Env.push('SECRET=hidden')
    await expect(engine.create(request, signal)).resolves.toBe('abc')
    expect(asked).toEqual([
      {line: 'POST /containers/create?name=web&platform=linux%2Farm64', body: JSON.stringify(request.body)},
    ])
  })

  test('says which API it speaks', async () => {
    const {engine, asked} = await engineThat(answer(200, {ApiVersion: '1.44', Version: '25.0.0'}))
    await expect(engine.apiVersion(signal)).resolves.toBe('1.44')
    expect(asked.map(({line}) => line)).toEqual(['GET /version'])
  })

  test('connects a container to one more network', async () => {
    const {engine, asked} = await engineThat(answer(200))
    await engine.connect('back end', 'abc', {Aliases: ['db']}, signal)
    expect(asked).toEqual([
      {
        line: 'POST /networks/back%20end/connect',
        body: JSON.stringify({Container: 'abc', EndpointConfig: {Aliases: ['db']}}),
      },
    ])
  })

  test('is told about by its own words when it refuses', async () => {
    const {engine} = await engineThat(answer(409, {message: 'Conflict.\nThe name is in use'}))
    const refused = engine.create(emptyCreateRequest('nginx', []), signal)
    await expect(refused).rejects.toThrow(
      new EngineRefusedError('create the container', 409, 'Conflict. The name is in use', undefined).message,
    )
    await expect(refused).rejects.toMatchObject({code: 'ENGINE_REFUSED', statusCode: 409})
  })

  test.each<[string, object, object]>([
    [
      'that is current',
      {
        ServerVersion: '26.1.5+dfsg1',
        CgroupDriver: 'systemd',
        CgroupVersion: '2',
        DefaultRuntime: 'runc',
        Runtimes: {'io.containerd.runc.v2': {path: 'runc'}, runc: {path: 'runc'}},
        SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'],
      },
      {
        version: '26.1.5+dfsg1',
        cgroupDriver: 'systemd',
        defaultRuntime: 'runc',
        runtimes: ['io.containerd.runc.v2', 'runc'],
        rootless: false,
      },
    ],
    [
      "that is an ordinary user's",
      {
        ServerVersion: '24.0.0',
        CgroupDriver: 'none',
        SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'],
      },
      {version: '24.0.0', cgroupDriver: 'none', defaultRuntime: '', runtimes: [], rootless: true},
    ],
    [
      'that leaves everything out',
      {},
      {version: '', cgroupDriver: '', defaultRuntime: '', runtimes: [], rootless: false},
    ],
    [
      'that has nothing in places',
      {ServerVersion: '23.0', Runtimes: null, SecurityOptions: null},
      {version: '23.0', cgroupDriver: '', defaultRuntime: '', runtimes: [], rootless: false},
    ],
  ])('%s says what it is', async (_, said, info) => {
    const {engine, asked} = await engineThat(answer(200, said))
    await expect(engine.info(signal)).resolves.toEqual(info)
    expect(asked.map(({line}) => line)).toEqual(['GET /info'])
  })

  test('that will not say what it is has refused', async () => {
    const {engine} = await engineThat(answer(500, {message: 'not now'}))
    await expect(engine.info(signal)).rejects.toMatchObject({
      code: 'ENGINE_REFUSED',
      message: 'the Engine failed to say what it is: not now (HTTP 500)',
    })
  })

  test('that is not there cannot be asked what it is', async () => {
    await expect(new DockerodeEngine('/nowhere/docker.sock').info(signal)).rejects.toBeInstanceOf(
      EngineUnreachableError,
    )
  })

  test('is not asked what it is any longer when the run is stopped', async () => {
    const controller = new AbortController()
    const {engine} = await engineThat(() => {
      controller.abort()
    })
    await expect(engine.info(controller.signal)).rejects.toMatchObject({code: 'ABORT_ERR'})
  })

  test('has nothing to say of a container that is not there', async () => {
    const {engine} = await engineThat(answer(404, {message: 'No such container'}))
    await expect(engine.inspect('a/b', signal)).resolves.toBeUndefined()
    await expect(engine.stop('abc', signal)).resolves.toBeUndefined()
    await expect(engine.kill('abc', 'SIGHUP', signal)).resolves.toBeUndefined()
    await expect(engine.remove('abc', signal)).resolves.toBeUndefined()
  })

  test('has stopped a container that did not run', async () => {
    const {engine} = await engineThat(answer(304))
    await expect(engine.stop('abc', signal)).resolves.toBeUndefined()
  })

  test('is waited for from the moment its answer begins', async () => {
    let finish: () => void = () => undefined
    const {engine, asked} = await engineThat((_, response) => {
      response.writeHead(200)
      response.flushHeaders()
      finish = () => response.end('{"StatusCode":7}\n')
    })
    const {exitCode} = await engine.watch('abc', 'removed', signal)
    expect(asked.map(({line}) => line)).toEqual(['POST /containers/abc/wait?condition=removed'])
    finish()
    await expect(exitCode).resolves.toBe(7)
  })

  test.each([
    ['closes the answer', (response: ServerResponse) => response.end()],
    ['breaks the connection', (response: ServerResponse) => response.destroy()],
  ])('is unreachable when it %s while a container is waited for', async (_, hangUp) => {
    const {engine} = await engineThat((_, response) => {
      response.writeHead(200)
      response.flushHeaders()
      setImmediate(() => hangUp(response))
    })
    const {exitCode} = await engine.watch('abc', 'not-running', signal)
    await expect(exitCode).rejects.toBeInstanceOf(EngineUnreachableError)
  })

  test('that is removing a container already is waited for until it is gone', async () => {
    const {engine, asked} = await engineThat((request, response) => {
      if (request.method === 'DELETE') answer(409, {message: 'removal is already in progress'})(request, response)
      else answer(404, {message: 'No such container'})(request, response)
    })
    await expect(engine.remove('abc', signal)).resolves.toBeUndefined()
    expect(asked.map(({line}) => line)).toEqual([
      'DELETE /containers/abc?force=true&v=true',
      'POST /containers/abc/wait?condition=removed',
    ])
  })

  test('pulls an image by name and tag, to the end, and says all that is said of it', async () => {
    const {engine, asked} = await engineThat((_, response) => {
      response.write('{"status":"Pulling from a/b","id":"latest"}\n{"sta')
      response.write('tus":"Downloading","progressDetail":{"current":5,"total":9},"progress":"[=>]","id":"c0ffee"}\n')
      response.end('{"status":"Pull complete","progressDetail":{},"id":"c0ffee"}\n{"status":"Digest: sha256:…"}')
    })
    await expect(all(engine.pull('registry:5000/a/b', {platform: 'linux/amd64'}, signal))).resolves.toEqual([
      {status: 'Pulling from a/b', id: 'latest'},
      {status: 'Downloading', id: 'c0ffee', current: 5, total: 9},
      {status: 'Pull complete', id: 'c0ffee'},
      {status: 'Digest: sha256:…'},
    ])
    expect(asked[0]?.line).toBe(
      'POST /images/create?fromImage=registry%3A5000%2Fa%2Fb&tag=latest&platform=linux%2Famd64',
    )
  })

  test('pulls an image as whoever has logged in, in a header and nowhere else', async () => {
    const login = {username: 'app', password: 'p?>ä', serveraddress: 'registry:5000'}
    let header: unknown
    const {engine, asked} = await engineThat((request, response) => {
      header = request.headers['x-registry-auth']
      response.end()
    })
    await all(engine.pull('registry:5000/a', {login}, signal))
    expect(header).toMatch(/^[\w-]+=*$/)
    expect(JSON.parse(Buffer.from(String(header), 'base64url').toString())).toEqual(login)
    expect(asked[0]?.line).toBe('POST /images/create?fromImage=registry%3A5000%2Fa&tag=latest')
    await all(engine.pull('registry:5000/a', {}, signal))
    expect(header).toBeUndefined()
  })

  test.each([
    [
      'in the middle',
      (response: ServerResponse) => response.end('{"status":"x"}\n{"error":"unexpected EOF"}\n'),
      /unexpected EOF/,
    ],
    [
      'at once',
      (response: ServerResponse) => response.writeHead(404).end('{"message":"manifest unknown"}'),
      /manifest unknown/,
    ],
  ])('fails to pull an image %s with the words of the registry', async (_, fail, words) => {
    const {engine} = await engineThat((_, response) => void fail(response))
    const pull = all(engine.pull('nginx:nope', {}, signal))
    await expect(pull).rejects.toBeInstanceOf(PullError)
    await expect(pull).rejects.toThrow(words)
  })

  test.each([
    ['before it has said anything', (): void => undefined],
    ['in the middle of it', (response: ServerResponse): void => void response.write('{"status":"x"}\n')],
  ])('gives a pull up %s when the run is stopped', async (_, say) => {
    const controller = new AbortController()
    const {engine} = await engineThat((_, response) => {
      say(response)
      setImmediate(() => {
        controller.abort(new Error('stopped'))
      })
    })
    await expect(all(engine.pull('nginx', {}, controller.signal))).rejects.toThrow('stopped')
  })

  test.each([
    ['exec: "x": executable file not found in $PATH', 127],
    ['stat /no/such: no such file or directory', 127],
    ['exec: "/etc/passwd": permission denied', 126],
    ['driver failed programming external connectivity', 125],
  ])('that cannot start a container because %j makes us end with %i', async (message, exitStatus) => {
    const {engine} = await engineThat(answer(400, {message}))
    await expect(engine.start('abc', signal)).rejects.toMatchObject({exitStatus})
  })

  test('gives up what it is asked when the run is stopped', async () => {
    const controller = new AbortController()
    const {engine} = await engineThat(() => {
      controller.abort()
    })
    await expect(engine.start('abc', controller.signal)).rejects.toMatchObject({code: 'ABORT_ERR'})
  })
})
