import {mkdtemp, rm} from 'node:fs/promises'
import {createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, test} from 'vitest'
import {emptyCreateRequest} from '../../src/docker/create-request.js'
import {DockerodeEngine} from '../../src/docker/dockerode-engine.js'
import {EngineRefusedError, EngineUnreachableError, PullError} from '../../src/errors.js'
import {frame} from '../support/engine/frames.js'

const {signal} = new AbortController()
const open: {server: Server; directory: string}[] = []

afterEach(async () => {
  for (const {server, directory} of open.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(directory, {recursive: true})
  }
})

/**
 * An Engine on a socket of its own that speaks API 1.51, answers else as it is told, and keeps what else it was asked.
 */
async function engineThat(answers: (request: IncomingMessage, response: ServerResponse) => void, pinned?: string) {
  const directory = await mkdtemp(join(tmpdir(), 'engine-'))
  const asked: {line: string; body: string}[] = []
  const server = createServer((request, response) => {
    if (request.url === '/_ping') {
      response.setHeader('api-version', '1.51').end('OK')
      return
    }
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
  return {engine: new DockerodeEngine(path, pinned), asked, path}
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
  test('the Engine is asked to create a container with the request in the body and the name alone in the query', async () => {
    const {engine, asked} = await engineThat(answer(201, {Id: 'abc'}))
    const request = {...emptyCreateRequest('nginx', ['-g', 'x']), name: 'web', platform: 'linux/arm64'}
    request.body.Env.push('SECRET=hidden')
    await expect(engine.create(request, signal)).resolves.toBe('abc')
    expect(asked).toEqual([
      {line: 'POST /v1.51/containers/create?name=web&platform=linux%2Farm64', body: JSON.stringify(request.body)},
    ])
  })

  test('the Engine gets the headers that each question is to have, and its own beside them', async () => {
    const sent: IncomingHttpHeaders[] = []
    const {path} = await engineThat((request, response) => {
      sent.push(request.headers)
      answer(201, {Id: 'abc'})(request, response)
    })
    const engine = new DockerodeEngine(path, undefined, {'X-Tenant': 'a', 'Content-Type': 'text/plain'})
    await engine.create(emptyCreateRequest('nginx', []), signal)
    expect(sent).toMatchObject([{'x-tenant': 'a', 'content-type': 'application/json'}])
  })

  test('the Engine connects a container to one more network', async () => {
    const {engine, asked} = await engineThat(answer(200))
    await engine.connect('back end', 'abc', {Aliases: ['db']}, signal)
    expect(asked).toEqual([
      {
        line: 'POST /v1.51/networks/back%20end/connect',
        body: JSON.stringify({Container: 'abc', EndpointConfig: {Aliases: ['db']}}),
      },
    ])
  })

  test('an Engine that refuses is told about by its own words', async () => {
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
  ])('an Engine %s says what it is', async (_, said, info) => {
    const {engine, asked} = await engineThat(answer(200, said))
    await expect(engine.info(signal)).resolves.toEqual(info)
    expect(asked.map(({line}) => line)).toEqual(['GET /info'])
  })

  test('an Engine that will not say what it is has refused', async () => {
    const {engine} = await engineThat(answer(500, {message: 'not now'}))
    await expect(engine.info(signal)).rejects.toMatchObject({
      code: 'ENGINE_REFUSED',
      message: 'the Engine failed to report its version and drivers: not now (HTTP 500)',
    })
  })

  test('an Engine that is not there cannot be asked what it is', async () => {
    await expect(new DockerodeEngine('/nowhere/docker.sock').info(signal)).rejects.toBeInstanceOf(
      EngineUnreachableError,
    )
  })

  test('the Engine is not asked what it is any longer when the run is stopped', async () => {
    const controller = new AbortController()
    const {engine} = await engineThat(() => {
      controller.abort()
    })
    await expect(engine.info(controller.signal)).rejects.toMatchObject({code: 'ABORT_ERR'})
  })

  test('the Engine has nothing to say of a container that is not there', async () => {
    const {engine} = await engineThat(answer(404, {message: 'No such container'}))
    await expect(engine.inspect('a/b', signal)).resolves.toBeUndefined()
    await expect(engine.stop('abc', signal)).resolves.toBeUndefined()
    await expect(engine.kill('abc', 'SIGHUP', signal)).resolves.toBeUndefined()
    await expect(engine.remove('abc', 'with-volumes', signal)).resolves.toBeUndefined()
  })

  test('the Engine has started a container that somebody else has started meanwhile', async () => {
    const {engine} = await engineThat(answer(304))
    await expect(engine.start('abc', signal)).resolves.toBeUndefined()
  })

  test('the Engine has stopped a container that did not run', async () => {
    const {engine} = await engineThat(answer(304))
    await expect(engine.stop('abc', signal)).resolves.toBeUndefined()
  })

  test('a wait for a container counts from the moment its answer begins', async () => {
    let finish: () => void = () => undefined
    const {engine, asked} = await engineThat((_, response) => {
      response.writeHead(200)
      response.flushHeaders()
      finish = () => response.end('{"StatusCode":7}\n')
    })
    const {exitCode} = await engine.watch('abc', 'removed', signal)
    expect(asked.map(({line}) => line)).toEqual(['POST /v1.51/containers/abc/wait?condition=removed'])
    finish()
    await expect(exitCode).resolves.toBe(7)
  })

  test.each([
    ['closes the answer', (response: ServerResponse) => response.end()],
    ['breaks the connection', (response: ServerResponse) => response.destroy()],
  ])('an Engine is unreachable when it %s while a container is waited for', async (_, hangUp) => {
    const {engine} = await engineThat((_, response) => {
      response.writeHead(200)
      response.flushHeaders()
      setImmediate(() => hangUp(response))
    })
    const {exitCode} = await engine.watch('abc', 'not-running', signal)
    await expect(exitCode).rejects.toBeInstanceOf(EngineUnreachableError)
  })

  test('a container that the Engine is removing already is waited for until it is gone', async () => {
    const {engine, asked} = await engineThat((request, response) => {
      if (request.method === 'DELETE') answer(409, {message: 'removal is already in progress'})(request, response)
      else answer(404, {message: 'No such container'})(request, response)
    })
    await expect(engine.remove('abc', 'with-volumes', signal)).resolves.toBeUndefined()
    expect(asked.map(({line}) => line)).toEqual([
      'DELETE /v1.51/containers/abc?force=true&v=true',
      'POST /v1.51/containers/abc/wait?condition=removed',
    ])
  })

  test.each([
    ['its labels', answer(200, {Config: {Labels: {a: 'b'}}}), {a: 'b'}],
    ['none where it has none', answer(200, {Config: {Labels: null}}), {}],
    ['none where it says nothing of how it is run', answer(200, {}), {}],
    ['nothing where it is not there', answer(404, {message: 'no such image'}), undefined],
  ])('the Engine says of an image %s', async (_, says, labels) => {
    const {engine, asked} = await engineThat(says)
    await expect(engine.imageLabels('sha256:abc', signal)).resolves.toEqual(labels)
    expect(asked.map(({line}) => line)).toEqual(['GET /v1.51/images/sha256%3Aabc/json'])
  })

  test.each([
    ['its id', answer(200, {Id: 'sha256:abc'}), 'sha256:abc'],
    ['nothing where there is none', answer(404, {message: 'no such image'}), undefined],
  ])('the Engine says of the image of a name %s', async (_, says, id) => {
    const {engine, asked} = await engineThat(says)
    await expect(engine.imageId('a/b:1', signal)).resolves.toBe(id)
    expect(asked.map(({line}) => line)).toEqual(['GET /v1.51/images/a%2Fb%3A1/json'])
  })

  test('an Engine that cannot say what labels an image has is no Engine that says it has none', async () => {
    const {engine} = await engineThat(answer(500, {message: 'not now'}))
    await expect(engine.imageLabels('sha256:abc', signal)).rejects.toMatchObject({
      message: 'the Engine failed to look up the image: not now (HTTP 500)',
    })
  })

  test('the Engine is not asked for the labels of an image any longer when the run is stopped', async () => {
    const controller = new AbortController()
    const {engine} = await engineThat(() => {
      controller.abort()
    })
    await expect(engine.imageLabels('sha256:abc', controller.signal)).rejects.toMatchObject({code: 'ABORT_ERR'})
  })

  test('the Engine removes a container with its anonymous volumes, or keeps those', async () => {
    const {engine, asked} = await engineThat(answer(204))
    await engine.remove('abc', 'with-volumes', signal)
    await engine.remove('abc', 'without-volumes', signal)
    expect(asked.map(({line}) => line)).toEqual([
      'DELETE /v1.51/containers/abc?force=true&v=true',
      'DELETE /v1.51/containers/abc?force=true&v=false',
    ])
  })

  test("the Engine renames a container, unless the name is another one's", async () => {
    const {engine, asked} = await engineThat(answer(204))
    await engine.rename('abc', 'web.old', signal)
    expect(asked.map(({line}) => line)).toEqual(['POST /v1.51/containers/abc/rename?name=web.old'])
    const {engine: other} = await engineThat(answer(409, {message: 'the name is in use'}))
    await expect(other.rename('abc', 'web', signal)).rejects.toMatchObject({
      code: 'ENGINE_REFUSED',
      message: 'the Engine failed to rename the container to web: the name is in use (HTTP 409)',
    })
  })

  describe('a command in a container', () => {
    const execThat = async (
      started: (response: ServerResponse) => void,
      found: readonly object[] = [{Running: false, ExitCode: 3}],
    ) => {
      const answers = [...found]
      return await engineThat((request, response) => {
        const {url = ''} = request
        if (url.endsWith('/exec')) answer(201, {Id: 'e1'})(request, response)
        else if (url.endsWith('/start')) started(response)
        else answer(200, answers.shift())(request, response)
      })
    }
    const says = (response: ServerResponse): void => {
      response.write(frame(1, 'one '))
      response.end(frame(2, 'two'))
    }

    test('the Engine runs a command in a container, and gives its status and what it said on both streams', async () => {
      const {engine, asked} = await execThat(says)
      await expect(engine.exec('abc', ['true', 'x y'], signal)).resolves.toEqual({exitCode: 3, output: 'one two'})
      expect(asked).toEqual([
        {
          line: 'POST /v1.51/containers/abc/exec',
          body: JSON.stringify({AttachStdout: true, AttachStderr: true, Cmd: ['true', 'x y']}),
        },
        {line: 'POST /v1.51/exec/e1/start', body: JSON.stringify({Detach: false, Tty: false})},
        {line: 'GET /v1.51/exec/e1/json', body: ''},
      ])
    })

    test('of a command that says very much the last 4 KiB are kept', async () => {
      const {engine} = await execThat((response) => {
        for (let count = 0; count < 100; count++) response.write(frame(1, 'x'.repeat(10_000)))
        response.end(frame(1, 'the end'))
      })
      const {output} = await engine.exec('abc', ['yes'], signal)
      expect(output).toBe(`${'x'.repeat(4096 - 'the end'.length)}the end`)
    })

    test('a command that closes its output before its end is waited for', async () => {
      const {engine} = await execThat(says, [
        {Running: true, ExitCode: null},
        {Running: false, ExitCode: 0},
      ])
      await expect(engine.exec('abc', ['daemon'], signal)).resolves.toMatchObject({exitCode: 0})
    })

    test('no command is run in a container that does not run, and the Engine says why', async () => {
      const {engine} = await engineThat(answer(409, {message: 'container abc is not running'}))
      await expect(engine.exec('abc', ['true'], signal)).rejects.toMatchObject({
        code: 'ENGINE_REFUSED',
        message: 'the Engine failed to run a command in the container: container abc is not running (HTTP 409)',
      })
    })

    test('an Engine that goes away while a command runs is unreachable', async () => {
      const {engine} = await execThat((response) => {
        response.write(frame(1, 'begun'), () => response.destroy())
      })
      await expect(engine.exec('abc', ['sleep', '9'], signal)).rejects.toMatchObject({code: 'ENGINE_UNREACHABLE'})
    })

    test('a command is waited for no longer when the run is stopped, whatever it is at', async () => {
      const stops: ((response: ServerResponse, stop: () => void) => void)[] = [
        (response, stop) => response.write(frame(1, 'begun'), stop),
        (response, stop) => {
          says(response)
          stop()
        },
      ]
      for (const stopAt of stops) {
        const controller = new AbortController()
        const stopped = new Error('stopped')
        const {engine} = await execThat(
          (response) => {
            stopAt(response, () => setImmediate(() => controller.abort(stopped)))
          },
          Array.from({length: 100}, () => ({Running: true, ExitCode: null})),
        )
        await expect(engine.exec('abc', ['sleep', '9'], controller.signal)).rejects.toBe(stopped)
      }
    })
  })

  test('the Engine is told when it is to start a container again by itself', async () => {
    const {engine, asked} = await engineThat(answer(200, {Warnings: null}))
    await engine.setRestartPolicy('abc', {name: 'no', retries: 0}, signal)
    expect(asked).toMatchObject([
      {
        line: 'POST /v1.51/containers/abc/update',
        body: JSON.stringify({RestartPolicy: {Name: 'no', MaximumRetryCount: 0}}),
      },
    ])
  })

  test('the Engine pulls an image by name and tag, to the end, and says all that is said of it', async () => {
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
      'POST /v1.51/images/create?fromImage=registry%3A5000%2Fa%2Fb&tag=latest&platform=linux%2Famd64',
    )
  })

  test('the Engine pulls an image as whoever has logged in, in a header and nowhere else', async () => {
    const login = {username: 'app', password: 'p?>ä', serveraddress: 'registry:5000'}
    let header: unknown
    const {engine, asked} = await engineThat((request, response) => {
      header = request.headers['x-registry-auth']
      response.end()
    })
    await all(engine.pull('registry:5000/a', {login}, signal))
    expect(header).toMatch(/^[\w-]+=*$/)
    expect(JSON.parse(Buffer.from(String(header), 'base64url').toString())).toEqual(login)
    expect(asked[0]?.line).toBe('POST /v1.51/images/create?fromImage=registry%3A5000%2Fa&tag=latest')
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
  ])('the Engine fails to pull an image %s with the words of the registry', async (_, fail, words) => {
    const {engine} = await engineThat((_, response) => void fail(response))
    const pull = all(engine.pull('nginx:nope', {}, signal))
    await expect(pull).rejects.toBeInstanceOf(PullError)
    await expect(pull).rejects.toThrow(words)
  })

  test.each([
    ['before it has said anything', (): void => undefined],
    ['in the middle of it', (response: ServerResponse): void => void response.write('{"status":"x"}\n')],
  ])('the Engine gives a pull up %s when the run is stopped', async (_, say) => {
    const controller = new AbortController()
    const {engine} = await engineThat((_, response) => {
      say(response)
      setImmediate(() => {
        controller.abort(new Error('stopped'))
      })
    })
    await expect(all(engine.pull('nginx', {}, controller.signal))).rejects.toThrow('stopped')
  })

  describe('the log from a moment on', () => {
    const SINCE = Date.UTC(2026, 0, 2, 3, 4, 5)
    const logged = (at: number): Buffer => {
      const message = `${new Date(at).toISOString().slice(0, -1)}000000Z x\n`
      return Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, message.length]), Buffer.from(message)])
    }

    /**
     * What it is asked whose last messages, as many as a question asks for, begin that many milliseconds before the
     * moment.
     */
    async function askedBy(begins: (messages: number) => number | undefined, until?: number): Promise<string[]> {
      const {engine, asked} = await engineThat((request, response) => {
        const {searchParams} = new URL(String(request.url), 'http://engine')
        const before = begins(Number(searchParams.get('tail')))
        response.end(before === undefined ? '' : logged(SINCE - before))
      })
      const span = {since: SINCE, ...(until === undefined ? {} : {until})}
      await all(await engine.logs('abc', span, signal))
      return asked.map(({line}) => line.replace(/^GET \/v1.51\/containers\/abc\/logs\?/, ''))
    }

    const REST = 'stdout=1&stderr=1&timestamps=1'

    test('the Engine is asked for no more of a log than its last messages where these reach back far enough', async () => {
      expect(await askedBy(() => 1)).toEqual([
        `tail=1000&${REST}`,
        `since=1767323045.000&tail=2000&follow=1&${REST}`,
        `tail=2000&${REST}`,
      ])
    })

    test('the Engine is asked for more of a log that grew too fast between two questions', async () => {
      expect(await askedBy((messages) => (messages === 1000 || messages > 2000 ? 1 : -1))).toEqual([
        `tail=1000&${REST}`,
        `since=1767323045.000&tail=2000&follow=1&${REST}`,
        `tail=2000&${REST}`,
        `tail=30000&${REST}`,
        `since=1767323045.000&tail=60000&follow=1&${REST}`,
        `tail=60000&${REST}`,
      ])
    })

    test('the Engine is asked for as many of the last messages as are wanted, and for nothing before', async () => {
      const {engine, asked} = await engineThat((_, response) => response.end())
      await all(await engine.logs('abc', {since: 0, until: 1000, tail: 20}, signal))
      expect(asked.map(({line}) => line)).toEqual([
        'GET /v1.51/containers/abc/logs?since=0.000&until=1.000&tail=20&stdout=1&stderr=1&timestamps=1',
      ])
    })

    test('the Engine is asked for more and more of a log, where the last messages are all younger', async () => {
      expect(await askedBy((messages) => (messages > 1000 ? 1 : -1), SINCE + 1500)).toEqual([
        `tail=1000&${REST}`,
        `tail=30000&${REST}`,
        `since=1767323045.000&until=1767323046.500&tail=60000&${REST}`,
        `tail=60000&${REST}`,
      ])
    })

    test.each([
      ['younger', () => -1],
      ['empty', () => undefined],
    ])('the Engine is asked for all of a log that is %s', async (_, begins) => {
      expect((await askedBy(begins)).at(-1)).toBe(`since=1767323045.000&tail=all&follow=1&${REST}`)
    })
  })

  test.each([
    ['exec: "x": executable file not found in $PATH', 127],
    ['stat /no/such: no such file or directory', 127],
    ['exec: "/etc/passwd": permission denied', 126],
    ['driver failed programming external connectivity', 125],
  ])('an Engine that cannot start a container because %j makes us end with %i', async (message, exitStatus) => {
    const {engine} = await engineThat(answer(400, {message}))
    await expect(engine.start('abc', signal)).rejects.toMatchObject({exitStatus})
  })

  test('the Engine gives up what it is asked when the run is stopped', async () => {
    const controller = new AbortController()
    const {engine} = await engineThat(() => {
      controller.abort()
    })
    await expect(engine.start('abc', controller.signal)).rejects.toMatchObject({code: 'ABORT_ERR'})
  })

  const CONTAINER = {
    Id: 'c0ffee',
    Name: '/web',
    State: {Status: 'running', Pid: 42, ExitCode: 0, OOMKilled: false, FinishedAt: '0001-01-01T00:00:00Z'},
    Config: {Tty: false, Labels: {a: 'b'}},
  }
  const state = (changed: object): object => ({...CONTAINER, State: {...CONTAINER.State, ...changed}})

  test('the Engine says of a container what it must, whatever else it leaves out', async () => {
    const {engine} = await engineThat(answer(200, CONTAINER))
    await expect(engine.inspect('web', signal)).resolves.toMatchObject({
      id: 'c0ffee',
      name: 'web',
      pid: 42,
      finishedAt: Date.parse('0001-01-01T00:00:00Z'),
      stopTimeout: undefined,
      labels: {a: 'b'},
    })
  })

  const check = (output: string, exitCode = 0): object => ({ExitCode: exitCode, Output: output})
  test.each<[string, object | null, object | undefined]>([
    ['nothing, as it has no health check', null, undefined],
    ['none, as it has no health check', {Status: 'none', Log: []}, undefined],
    ['that it is starting', {Status: 'starting', FailingStreak: 0, Log: null}, {status: 'starting'}],
    [
      'that it is healthy',
      {Status: 'healthy', Log: [check('no', 1), check('yes')]},
      {status: 'healthy', last: {exitCode: 0, output: 'yes'}},
    ],
    [
      'that it is unhealthy',
      {Status: 'unhealthy', Log: [check('yes'), check('Health check exceeded timeout', -1)]},
      {status: 'unhealthy', last: {exitCode: -1, output: 'Health check exceeded timeout'}},
    ],
  ])("the Engine says of a container's health %s", async (_, said, health) => {
    const {engine} = await engineThat(answer(200, state({Health: said})))
    expect((await engine.inspect('web', signal))?.health).toEqual(health)
  })

  test('the Engine is asked for what its container becomes, and not for each check of it', async () => {
    const {engine, asked} = await engineThat(answer(200))
    await engine.events('abc', 0, signal)
    const filters = new URL(`http://engine${asked[0]?.line.slice(4) ?? ''}`).searchParams.get('filters') ?? ''
    const {event} = JSON.parse(filters) as {event: string[]}
    expect(event).toEqual(expect.arrayContaining(['die', 'health_status: healthy', 'health_status: unhealthy']))
    expect(event).not.toContain('health_status')
  })

  test.each([
    ['none', undefined, false],
    ['one of its image, switched off', {Test: ['NONE']}, false],
    ['one without a command', {Test: []}, false],
    ['one', {Test: ['CMD-SHELL', 'curl -f localhost']}, true],
  ])('the Engine says of a container whether it has a health check: %s', async (_, check, has) => {
    const {engine} = await engineThat(answer(200, {...CONTAINER, Config: {...CONTAINER.Config, Healthcheck: check}}))
    await expect(engine.inspect('web', signal)).resolves.toMatchObject({checksHealth: has})
  })

  test.each<[string, object | null | string, string]>([
    ['no object', null, 'it is not an object: "null"'],
    ['a string', 'hello', 'it is not an object: "hello"'],
    ['no state', {...CONTAINER, State: undefined}, 'it has no State.Status'],
    ['an id that leads elsewhere', {...CONTAINER, Id: '../../etc'}, 'Id is not the id of a container: "../../etc"'],
    ['a state that nobody knows', state({Status: 'flying'}), 'State.Status is not a state of a container: "flying"'],
    ['a PID below 0', state({Pid: -1}), 'State.Pid is not a whole number from 0 to 4194304: -1'],
    ['a PID that is a text', state({Pid: '42'}), 'State.Pid is not a whole number from 0 to 4194304: "42"'],
    ['an exit status that is none', state({ExitCode: 256}), 'State.ExitCode is not a whole number from 0 to 255: 256'],
    ['no exit status', state({ExitCode: null}), 'it has no State.ExitCode'],
    ['a moment that is none', state({FinishedAt: 'soon'}), 'State.FinishedAt is not a time: "soon"'],
    ['labels that are none', {...CONTAINER, Config: {Labels: ['a']}}, 'Config.Labels is not an object: ["a"]'],
  ])('an Engine that says of a container %s gives an answer that cannot be used', async (_, said, why) => {
    const {engine} = await engineThat(answer(200, said))
    await expect(engine.inspect('web', signal)).rejects.toMatchObject({
      code: 'ENGINE_ANSWER',
      message: expect.stringContaining(
        `was asked to look up the container and returned an invalid answer: ${why}; `,
      ) as unknown,
    })
  })

  test.each<[string, (engine: DockerodeEngine) => Promise<unknown>]>([
    ['info', (engine) => engine.info(signal)],
    ['inspect', (engine) => engine.inspect('web', signal)],
    ['list', (engine) => engine.list({}, signal)],
    ['create', (engine) => engine.create(emptyCreateRequest('nginx', []), signal)],
    ['pull', (engine) => all(engine.pull('nginx', {}, signal))],
    ['watch', async (engine) => await (await engine.watch('abc', 'removed', signal)).exitCode],
  ])('an Engine whose answer to %s is no JSON gives one that cannot be used', async (_, ask) => {
    const {engine} = await engineThat((_, response) => response.end('<html>hello</html>'))
    await expect(ask(engine)).rejects.toMatchObject({code: 'ENGINE_ANSWER'})
  })

  test('an Engine that is cut in the middle of an answer is unreachable', async () => {
    const {engine} = await engineThat((_, response) => {
      response.writeHead(200, {'content-length': '1000'}).write('{"Id":')
      setTimeout(() => response.destroy(), 10)
    })
    await expect(engine.inspect('web', signal)).rejects.toBeInstanceOf(EngineUnreachableError)
  })

  test.each<[string, (engine: DockerodeEngine) => Promise<unknown>]>([
    ['the output', (engine) => engine.attach('web', 'output', signal)],
    ['the log', (engine) => engine.logs('web', {since: 0, tail: 1}, signal)],
    ['the events', (engine) => engine.events('web', 0, signal)],
    ['the end', (engine) => engine.watch('web', 'next-exit', signal)],
  ])('an Engine that is cut in the middle of refusing %s of a container is unreachable', async (_, ask) => {
    const {engine} = await engineThat((_, response) => {
      response.writeHead(500, {'content-length': '1000'}).write('{"message":')
      setTimeout(() => response.destroy(), 10)
    })
    await expect(ask(engine)).rejects.toBeInstanceOf(EngineUnreachableError)
  })

  test('an Engine that gives the output of a container in another way than it was asked for is not left with it', async () => {
    const closed = new Promise((resolve) => {
      void engineThat((_, response) => {
        response.once('close', resolve)
        response.writeHead(200).write('hello')
      }).then(async ({engine}) => {
        await expect(engine.attach('web', 'output', signal)).rejects.toThrow('it gave no stream to attach to')
      })
    })
    await closed
  })
})

describe('the version of the API', () => {
  /** An Engine that says which it speaks, if any, and takes whatever it is asked. */
  async function speaking(version: string | undefined, pinned?: string) {
    const directory = await mkdtemp(join(tmpdir(), 'engine-'))
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(String(request.url))
      if (version !== undefined) response.setHeader('Api-Version', version)
      response.end(request.url === '/_ping' ? 'OK' : '{}')
    })
    await new Promise<void>((resolve) => server.listen(join(directory, 'docker.sock'), resolve))
    open.push({server, directory})
    return {engine: new DockerodeEngine(join(directory, 'docker.sock'), pinned), asked}
  }

  test.each([
    ['of an older Engine', '1.41', '1.41'],
    ['of an Engine that is as new as we', '1.51', '1.51'],
    ['of a newer Engine', '1.60', '1.51'],
    ['of one that does not say', undefined, '1.41'],
    ['of one that says nonsense', '../..', '1.41'],
  ])(
    'the version %s is the newest that both know, learned from an answer that is needed anyway',
    async (_, spoken, agreed) => {
      const {engine, asked} = await speaking(spoken)
      await engine.info(signal)
      await engine.stop('abc', signal)
      expect(asked).toEqual(['/info', `/v${agreed}/containers/abc/stop`])
    },
  )

  test('the version is asked for where nothing was asked before', async () => {
    const {engine, asked} = await speaking('1.44')
    await engine.stop('abc', signal)
    expect(asked).toEqual(['/_ping', '/v1.44/containers/abc/stop'])
  })

  test("a create request with a newer option is of that option's version, and the next is spoken as before", async () => {
    const {engine, asked} = await speaking('1.56')
    await engine.info(signal)
    await expect(engine.apiVersion(signal)).resolves.toBe('1.56')
    await engine.create({...emptyCreateRequest('busybox', []), api: '1.56'}, signal).catch(() => undefined)
    await engine.stop('abc', signal)
    expect(asked).toEqual(['/info', '/v1.56/containers/create?', '/v1.51/containers/abc/stop'])
  })

  test('a version that DOCKER_API_VERSION says is spoken from the first question on', async () => {
    const {engine, asked} = await speaking('1.47', '1.43')
    await engine.info(signal)
    await engine.stop('abc', signal)
    await expect(engine.apiVersion(signal)).resolves.toBe('1.43')
    expect(asked).toEqual(['/v1.43/info', '/v1.43/containers/abc/stop'])
  })

  const tooOld = 'client version 1.51 is too old. Minimum supported API version is 1.60, please upgrade your client'

  test('a version that the Engine does not take any more is refused in words, and agreed on anew', async () => {
    let pings = 0
    const directory = await mkdtemp(join(tmpdir(), 'engine-'))
    const server = createServer((request, response) => {
      const isPing = request.url === '/_ping'
      if (isPing) pings++
      response.setHeader('Api-Version', '1.62').writeHead(isPing ? 200 : 400)
      response.end(isPing ? 'OK' : JSON.stringify({message: tooOld}))
    })
    await new Promise<void>((resolve) => server.listen(join(directory, 'docker.sock'), resolve))
    open.push({server, directory})
    const engine = new DockerodeEngine(join(directory, 'docker.sock'))
    for (const ask of [() => engine.inspect('web', signal), () => engine.events('abc', 0, signal)])
      await expect(ask()).rejects.toMatchObject({
        code: 'ENGINE_VERSION',
        message: expect.stringContaining(`${tooOld}; update the older of systemd-docker and Docker`) as unknown,
      })
    expect(pings).toBe(2)
  })

  test('a version that is pinned and that the Engine does not take is refused with the name of the variable', async () => {
    const message = 'client version 1.60 is too new. Maximum supported API version is 1.51'
    const {engine} = await engineThat(answer(400, {message}), '1.60')
    await expect(engine.info(signal)).rejects.toMatchObject({
      code: 'ENGINE_VERSION',
      message: expect.stringContaining('DOCKER_API_VERSION=1.60 sets that version') as unknown,
    })
  })
})
