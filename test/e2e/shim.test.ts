import {randomBytes} from 'node:crypto'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {HOSTS} from '../support/host/hosts.js'
import {unique} from '../support/service/service.js'

const SHIM = 'containerd-shim-systemd-docker-v1'
const RUNC = 'systemd-docker-runc'
const SHELLS = [
  {shell: 'dash', command: 'dash'},
  {shell: 'busybox', command: 'busybox sh'},
  {shell: 'bash', command: 'bash'},
] as const

/**
 * Stands in for containerd's shim and for runc: says in the file $SAID what it is called by, its words, and what is in
 * the config.json that it was given.
 */
const FAKE = `#!/bin/sh
printf '%s\\0' "\${0##*/}" "$#" "$@" >"$SAID"
cat "$CONFIG" 2>&- >>"$SAID"
echo address
`

/**
 * Tries the program once in a bundle of its own, in the host: $1 is where to work, $2 what executes it, $3 its name, $4
 * the container's id, $5 what to do before in the bundle, and what follows are its words. config.json comes as input,
 * unless that is empty.
 */
const TRIAL = `
base=$1 shell=$2 name=$3 id=$4 before=$5; shift 5
state=/run/systemd-docker/placement announcement=/run/systemd-docker/placement/$id bundle=$base/$id
mkdir -p -m 700 /run/systemd-docker $state
mkdir "$bundle"; cd "$bundle"
cat >config.json; [ -s config.json ] || rm config.json
eval "$before"
export CONFIG="\${CONFIG-$bundle/config.json}" SAID="$base/$id.said"
PATH=$base/bin:$PATH $shell "$base/$name" "$@" >"$base/$id.out" 2>"$base/$id.err"
printf '%s\\0' $? "$(cat "$base/$id.out")" "$(cat "$base/$id.err")" "$(ls -A "$bundle")" "$(ls -A $state | grep "$id")"
cat config.json 2>&-; printf '\\0'
cat "$SAID" 2>&-
rm -rf "$bundle" "$base/$id.out" "$base/$id.err" "$SAID" $announcement*
`

interface Trial {
  /** The container's id. */
  readonly id?: string
  /** What is in config.json before; nothing for no file. */
  readonly config?: string
  /** What is done before, by sh in the bundle; it knows $announcement, $id, $bundle and $base. */
  readonly before?: string
}

/** What one try of the program came to. */
interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
  /** The names of the files in the bundle afterwards. */
  readonly files: readonly string[]
  /** What is announced of the container afterwards. */
  readonly announced: readonly string[]
  /** What is in config.json afterwards. */
  readonly config: string
  /** What the program became, with its words and the config.json that it saw; nothing when it ended before. */
  readonly became: {readonly program: string; readonly words: readonly string[]; readonly config: string} | undefined
}

function newId(): string {
  return randomBytes(32).toString('hex')
}

/**
 * A shortened config.json as an Engine writes it, with everything in it that could be taken for the one thing that is
 * to change.
 */
function configFor(cgroupsPath: string): Record<string, unknown> {
  return {
    ociVersion: '1.2.0',
    process: {
      args: ['sh', '-c', 'echo "a b" | sed "s|x|y&|"; : $(id) `id` \\1 \\\\ \t\n'],
      env: [
        'JSON={"linux":{"cgroupsPath":"x"}}',
        'TEXT="cgroupsPath":"/docker/x","cgroupsPath":"system.slice:docker:x"',
        `SPACES=  two  and 'quotes' "these"  `,
        'UNICODE=größe 日本語 🐳 \u2028',
        'BACKSLASHES=\\ \\\\ \\" \\n',
      ],
      cwd: '/',
    },
    annotations: {cgroupsPath: 'x', 'a "cgroupsPath":"y"': 'cgroupsPath', b: '"cgroupsPath":"z"'},
    hostname: 'größe',
    linux: {
      resources: {memory: {limit: 67108864}, pids: {limit: 0}},
      cgroupsPath,
      namespaces: [{type: 'mount'}, {type: 'cgroup'}],
    },
    labels: {cgroupsPath: 'cgroupsPath'},
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** The shell's words that announce `text` as it is. */
function announcing(text: string): string {
  return `printf %s ${quoted(text)} >$announcement`
}

describe.each(HOSTS)('the shim on $name', ({guest}) => {
  const base = `/run/${unique()}`
  const plain = `${unique()}.service`
  const escaped = `${unique()}-a\\x2db@c.service`
  const inUnit = `/system.slice/${plain}`

  beforeAll(async () => {
    await guest.run('mkdir', '-p', `${base}/bin`)
    for (const fake of ['containerd-shim-runc-v2', 'runc']) await guest.write(`${base}/bin/${fake}`, FAKE)
    for (const name of [SHIM, RUNC]) await guest.run('ln', '-s', `/opt/systemd-docker/bin/${SHIM}`, `${base}/${name}`)
    await guest.run('sh', '-c', 'chmod +x "$0"/bin/*', base)
    for (const unit of [plain, escaped]) await guest.run('systemd-run', '--quiet', `--unit=${unit}`, 'sleep', '1000')
  })

  afterAll(async () => {
    await guest.run('systemctl', 'stop', '--', plain, escaped)
    await guest.run('rm', '-r', base)
  })

  describe.each(SHELLS)('by $shell', ({command}) => {
    const run = async (name: string, trial: Trial, words: readonly string[]): Promise<Outcome> => {
      const {id = newId(), config = '', before = ''} = trial
      const call = ['sh', '-c', TRIAL, 'sh', base, command, name, id, before, ...words]
      const {stdout, stderr: trouble} = await guest.attempt(call, {input: config})
      expect(trouble).toBe('')
      const [status = '', out = '', stderr = '', files = '', announced = '', after = '', ...said] = stdout.split('\0')
      const [program = '', count = '', ...rest] = said
      const became = {program, words: rest.slice(0, -1), config: rest.at(-1) ?? ''}
      if (program !== '') expect(became.words).toHaveLength(Number(count))
      return {
        status: Number(status),
        stdout: out,
        stderr,
        files: files.split('\n').filter((file) => file !== ''),
        announced: announced.split('\n').filter((file) => file !== ''),
        config: after,
        became: program === '' ? undefined : became,
      }
    }

    /** What makes systemd look again once a container is gone, which is in a unit alone. */
    const hooksFor = (name: string, cgroupsPath: string): {hooks?: {poststop: unknown[]}} => {
      const id = cgroupsPath.slice(cgroupsPath.lastIndexOf('/') + 1)
      const path = `${base}/${name}`
      return cgroupsPath.endsWith(`.service/${id}`)
        ? {
            hooks: {
              poststop: [
                {
                  path: '/bin/sh',
                  args: ['sh', '-c', `if [ -x ${path} ]; then ${path} --systemd-docker-wake ${id}; fi; exit 0`],
                },
              ],
            },
          }
        : {}
    }
    const placedBy = (name: string, cgroupsPath: string): Record<string, unknown> => ({
      ...configFor(cgroupsPath),
      ...hooksFor(name, cgroupsPath),
    })

    const startWords = (id: string): string[] => [
      ...['-namespace', 'moby', '-address', '/run/containerd/containerd.sock'],
      ...['-publish-binary', '/usr/bin/containerd', '-id', id, 'start'],
    ]

    /** Where a container is put that containerd's shim is started for; everything else has to stay as it is. */
    const cgroupOf = async (trial: {
      engines?: (id: string) => string
      before?: string
      words?: (id: string) => string[]
    }): Promise<string> => {
      const {engines = (id: string) => `system.slice:docker:${id}`, before = '', words = startWords} = trial
      const id = newId()
      const config = JSON.stringify(configFor(engines(id)))
      const outcome = await run(SHIM, {id, config, before}, words(id))
      expect(outcome).toMatchObject({status: 0, stdout: 'address', stderr: '', files: ['config.json']})
      expect(outcome.became).toMatchObject({program: 'containerd-shim-runc-v2', words: words(id)})
      const {linux} = JSON.parse(outcome.config) as {linux: {cgroupsPath: string}}
      expect(JSON.parse(outcome.config)).toEqual(placedBy(SHIM, linux.cgroupsPath))
      return linux.cgroupsPath.replace(id, 'ID')
    }

    describe('where it puts a container', () => {
      test.each([
        ['with the systemd driver', (id: string) => `system.slice:docker:${id}`],
        ['with the cgroupfs driver', (id: string) => `/docker/${id}`],
        ['with a parent of its own', (id: string) => `/some where/größe/${id}`],
      ])('a container is put into the unit that is announced, %s', async (_, engines) => {
        expect(await cgroupOf({engines, before: announcing(`${inUnit}\n`)})).toBe(`${inUnit}/ID`)
      })

      test('a container is put into a unit whose name has a backslash', async () => {
        const path = await guest.run('systemctl', 'show', '--property=ControlGroup', '--value', '--', escaped)
        expect(path).toContain('\\x2d')
        expect(await cgroupOf({before: announcing(`${path}\n`)})).toBe(`${path}/ID`)
      })

      test("a container is put into the unit that is announced in a user's own directory", async () => {
        const before = `export XDG_RUNTIME_DIR="$base/$id user"; mkdir -p "$XDG_RUNTIME_DIR/systemd-docker/placement"
          echo ${inUnit} >"$XDG_RUNTIME_DIR/systemd-docker/placement/$id"`
        expect(await cgroupOf({before})).toBe(`${inUnit}/ID`)
      })

      test('a container that is not announced is put where the cgroupfs driver would, with the systemd driver', async () => {
        expect(await cgroupOf({})).toBe('/docker/ID')
      })

      test('a container that is not announced is put where the cgroupfs driver does, with that driver', async () => {
        expect(await cgroupOf({engines: (id) => `/docker/${id}`})).toBe('/docker/ID')
        expect(await cgroupOf({engines: (id) => `/some where/größe/${id}`})).toBe('/some where/größe/ID')
      })

      test('a container is put where the cgroupfs driver would, when another container is announced', async () => {
        expect(await cgroupOf({before: `echo ${inUnit} >"$announcement"0`})).toBe('/docker/ID')
      })

      test("a container is put where the cgroupfs driver would, when its unit's cgroup is gone", async () => {
        const gone = announcing('/system.slice/gone.service\n')
        expect(await cgroupOf({before: gone})).toBe('/docker/ID')
        expect(await cgroupOf({engines: (id) => `/docker/${id}`, before: gone})).toBe('/docker/ID')
      })
    })

    describe('an announcement that it does not trust', () => {
      test.each([
        ['is empty', announcing('')],
        ['was not written to its end', announcing(inUnit)],
        ['begins with an empty line', announcing(`\n${inUnit}\n`)],
        ['has a line break in the path', announcing(`/system.slice/\n${plain}\n`)],
        ['leads upwards', announcing(`/system.slice/../system.slice/${plain}\n`)],
        ['has an empty part', announcing(`//system.slice/${plain}\n`)],
        ['is a relative path', announcing(`system.slice/${plain}\n`)],
        ['begins with a space', announcing(` ${inUnit}\n`)],
        ['ends with a space', announcing(`${inUnit} \n`)],
        ['has a space within', announcing('/system.slice/a b.service\n')],
        ['has quotes', announcing(`/system.slice/"${plain}"\n`)],
        ['has single quotes', announcing(`'${inUnit}'\n`)],
        ['has a command in it', announcing('/$(touch "$base/executed")/x.service\n')],
        ['has a command in back quotes', announcing('/`touch $base/executed`/x.service\n')],
        ['has what sed reads', announcing('/system.slice/|e touch &.service\n')],
        ['has a pattern', announcing('/system.slice/*.service\n')],
        ['has a carriage return', announcing(`${inUnit}\r\n`)],
        ['is huge', announcing(`/${'a'.repeat(100_000)}.service\n`)],
        ['is of a slice', announcing('/system.slice\n')],
        ['is of a directory below a unit', announcing(`${inUnit}/\n`)],
        ['is of the root', announcing('/\n')],
        ['is a directory', 'mkdir $announcement'],
        ['is a link', `echo ${inUnit} >$bundle.to; ln -s $bundle.to $announcement`],
        ['is a link to nothing', 'ln -s gone $announcement'],
        ['is a pipe', 'mkfifo $announcement'],
      ])('a container is put where the cgroupfs driver would, when the announcement %s', async (_, before) => {
        expect(await cgroupOf({before})).toBe('/docker/ID')
        expect(await guest.run('ls', base)).not.toContain('executed')
      })
    })

    test('a bundle keeps byte for byte what is not to be changed', async () => {
      const id = newId()
      const config = ` ${JSON.stringify(configFor(`/docker/${id}`))}\n\n`
      expect(await run(SHIM, {id, config}, startWords(id))).toMatchObject({status: 0, config})
    })

    test('an announcement stays for when the container starts again', async () => {
      const id = newId()
      const config = JSON.stringify(configFor(`system.slice:docker:${id}`))
      const before = announcing(`${inUnit}\n`)
      expect(await run(SHIM, {id, config, before}, startWords(id))).toMatchObject({status: 0, announced: [id]})
    })

    test.each([
      ['is announced it gets one', true],
      ['is not announced it gets none', false],
    ])("where a user's own Engine has written no cgroupsPath, and the container %s", async (_, isAnnounced) => {
      const id = newId()
      const config = '{"annotations":{"cgroupsPath":"x"},"linux":{"namespaces":[]}}\n'
      const outcome = await run(
        SHIM,
        {id, config, before: isAnnounced ? announcing(`${inUnit}\n`) : ''},
        startWords(id),
      )
      expect(outcome.status).toBe(0)
      const linux = isAnnounced ? {cgroupsPath: `${inUnit}/${id}`, namespaces: []} : {namespaces: []}
      const hooks = isAnnounced ? hooksFor(SHIM, `${inUnit}/${id}`) : {}
      expect(JSON.parse(outcome.config)).toEqual({annotations: {cgroupsPath: 'x'}, ...hooks, linux})
    })

    test.each([
      ['has', {prestart: [{path: '/proc/1/exe', args: ['libnetwork-setkey']}]}],
      ['has none of, in an empty object', {}],
    ])("hooks that the container %s stay beside the program's own", async (_, hooks) => {
      const id = newId()
      const config = JSON.stringify({hooks, ...configFor(`system.slice:docker:${id}`)})
      const outcome = await run(SHIM, {id, config, before: announcing(`${inUnit}\n`)}, startWords(id))
      const path = `${inUnit}/${id}`
      expect(JSON.parse(outcome.config)).toEqual({
        ...configFor(path),
        hooks: {...hooks, ...hooksFor(SHIM, path).hooks},
      })
    })

    test('the hook comes into the unit and goes once the container is gone, and does nothing where there is none', async () => {
      const id = newId()
      const woken = await run(SHIM, {id, before: announcing(`${inUnit}\n`)}, ['--systemd-docker-wake', id])
      expect(woken).toMatchObject({status: 0, stderr: '', became: undefined})
      const unknown = await run(SHIM, {id: newId()}, ['--systemd-docker-wake', newId()])
      expect(unknown).toMatchObject({status: 0, stderr: '', became: undefined})
    })

    test.each([
      ['no id', ['start']],
      ['an empty id', ['-id', '', 'start']],
    ])('a container that is started with %s is called as its bundle', async (_, words) => {
      expect(await cgroupOf({before: announcing(`${inUnit}\n`), words: () => words})).toBe(`${inUnit}/ID`)
    })

    describe('what makes it fail', () => {
      test.each<[string, string | undefined, (id: string) => string[], RegExp]>([
        ['without config.json', undefined, startWords, /config\.json/],
        [
          'with an id that is a path',
          '{}',
          () => ['-id', '../x', 'start'],
          /^systemd-docker: '\.\.\/x' is no container's id$/,
        ],
        [
          'with an id that is a pattern',
          '{}',
          () => ['-id', '.*', 'start'],
          /^systemd-docker: '\.\*' is no container's id$/,
        ],
      ])(
        'the shim fails with one line, does not go on, and leaves nothing behind, %s',
        async (_, config, words, line) => {
          const id = newId()
          const outcome = await run(SHIM, {id, ...(config === undefined ? {} : {config})}, words(id))
          expect(outcome.status).not.toBe(0)
          expect(outcome.stderr).toMatch(line)
          expect(outcome.stderr).not.toContain('\n')
          expect(outcome).toMatchObject({
            became: undefined,
            files: config === undefined ? [] : ['config.json'],
            config: config ?? '',
          })
        },
      )

      test.each([
        ['is announced', announcing(`${inUnit}\n`), () => ''],
        ['is not announced', '', (config: string) => config],
      ])(
        'the shim fails with one line, with the cgroupsPath of another container, where it %s',
        async (_, before, left) => {
          const id = newId()
          const config = JSON.stringify(configFor(`/docker/${newId()}`))
          expect(await run(SHIM, {id, config, before}, startWords(id))).toMatchObject({
            status: 1,
            stderr: `systemd-docker: config.json has a cgroupsPath that is not of container ${id}`,
            files: ['config.json'],
            config: left(config),
          })
        },
      )
    })

    test.each<[string, string[]]>([
      ['delete', ['-namespace', 'moby', '-id', newId(), '-bundle', '/run/a b', 'delete']],
      ['-v', ['-v']],
      ['-info', ['-info']],
      ['nothing', []],
      ['words of all kinds', ['', 'a  b', ' ', '$HOME', '*', "it's", '"', '\\n', 'a\nb', '-n', 'start ', 'größe']],
      ['start that is not the last word', ['start', '-debug']],
    ])('the shim becomes what it stands before, with the same words, when it is called with %s', async (_, words) => {
      const id = newId()
      const config = JSON.stringify(configFor(`system.slice:docker:${id}`))
      const outcome = await run(SHIM, {id, config, before: announcing(`${inUnit}\n`)}, words)
      expect(outcome).toMatchObject({status: 0, stderr: '', files: ['config.json'], config})
      expect(outcome.became).toMatchObject({program: 'containerd-shim-runc-v2', words})
    })

    test('twenty containers at once are each put where they belong', async () => {
      const ids = Array.from({length: 20}, newId)
      const outcomes = await Promise.all(
        ids.map((id, index) => {
          const config = JSON.stringify(configFor(`system.slice:docker:${id}`))
          return run(SHIM, {id, config, before: index % 2 === 0 ? announcing(`${inUnit}\n`) : ''}, startWords(id))
        }),
      )
      const expected = ids.map((id, index) => (index % 2 === 0 ? `${inUnit}/${id}` : `/docker/${id}`))
      expect(outcomes.map(({config}) => JSON.parse(config) as unknown)).toEqual(
        expected.map((path) => placedBy(SHIM, path)),
      )
    })

    describe('as an OCI runtime', () => {
      const GLOBAL = ['--root', '/run/docker/runtime-runc/moby', '--log', '/x/log.json', '--log-format', 'json']
      const announced = announcing(`${inUnit}\n`)

      test.each<[string, (id: string) => string[], (id: string) => string[]]>([
        [
          'as Engines call it',
          (id) => [
            ...GLOBAL,
            '--systemd-cgroup',
            'create',
            '--bundle',
            `${base}/${id}`,
            '--pid-file',
            '/x/init.pid',
            id,
          ],
          (id) => [...GLOBAL, 'create', '--bundle', `${base}/${id}`, '--pid-file', '/x/init.pid', id],
        ],
        [
          'with a value behind an equals sign',
          (id) => ['--systemd-cgroup', ...GLOBAL, 'create', `--bundle=${base}/${id}`, id],
          (id) => [...GLOBAL, 'create', `--bundle=${base}/${id}`, id],
        ],
        [
          'for an Engine that is not told to ask systemd',
          (id) => ['create', '--bundle', `${base}/${id}`, '--no-pivot', id],
          (id) => ['create', '--bundle', `${base}/${id}`, '--no-pivot', id],
        ],
      ])('the OCI runtime puts a container into its unit on create, %s', async (_, words, passed) => {
        const id = newId()
        const config = JSON.stringify(configFor(`system.slice:docker:${id}`))
        const outcome = await run(RUNC, {id, config, before: announced}, words(id))
        expect(outcome).toMatchObject({status: 0, stderr: '', files: ['config.json']})
        expect(JSON.parse(outcome.config)).toEqual(placedBy(RUNC, `${inUnit}/${id}`))
        expect(outcome.became).toEqual({program: 'runc', words: passed(id), config: outcome.config})
      })

      test('the OCI runtime puts a container where the cgroupfs driver would, when it is not announced', async () => {
        const id = newId()
        const config = JSON.stringify(configFor(`system.slice:docker:${id}`))
        const words = [...GLOBAL, '--systemd-cgroup', 'create', '--bundle', `${base}/${id}`, id]
        const outcome = await run(RUNC, {id, config}, words)
        expect(JSON.parse(outcome.config)).toEqual(configFor(`/docker/${id}`))
      })

      test.each([
        ['a b', 'spaces'],
        ['a\\tb', 'a backslash'],
        ['größe', 'other letters'],
        ["it's", 'a quote'],
      ])('the OCI runtime finds the bundle in %j, with %s', async (name) => {
        const id = newId()
        const config = JSON.stringify(configFor(`system.slice:docker:${id}`))
        const before = `${announced}; bundle=$bundle/${quoted(name)}; mkdir -- "$bundle"; cp config.json "$bundle"`
        const outcome = await run(RUNC, {id, config, before}, [
          '--systemd-cgroup',
          'create',
          '--bundle',
          `${base}/${id}/${name}`,
          id,
        ])
        expect(outcome).toMatchObject({status: 0, stderr: '', files: ['config.json']})
        expect(JSON.parse(outcome.became?.config ?? '')).toEqual(placedBy(RUNC, `${inUnit}/${id}`))
      })

      test('the OCI runtime fails on create without config.json, with one line, and does not go on', async () => {
        const id = newId()
        const outcome = await run(RUNC, {id, before: announced}, ['create', '--bundle', `${base}/${id}`, id])
        expect(outcome.status).not.toBe(0)
        expect(outcome.stderr).toMatch(/^.*config\.json.*$/)
        expect(outcome).toMatchObject({became: undefined, files: []})
      })

      test.each<[string, (id: string) => string[]]>([
        ['start', (id) => ['start', id]],
        ['exec', (id) => ['exec', '--process', '/tmp/runc process', '--detach', '--pid-file', '/x/a.pid', id]],
        ['exec of a program that is called create', (id) => ['exec', id, 'create']],
        ['exec of a program with such an option', (id) => ['exec', id, 'x', '--bundle', '/gone', 'create', '']],
        ['kill', (id) => ['kill', '--all', id, '9']],
        ['delete', (id) => ['delete', '--force', id]],
        ['state', (id) => ['state', id]],
        ['ps', (id) => ['ps', '--format', 'json', id]],
        ['pause', (id) => ['pause', id]],
        ['update', (id) => ['update', '--resources', '-', id]],
        ['--version', () => ['--version']],
        ['nothing', () => []],
      ])('the OCI runtime becomes runc for %s with the same words, but never asks systemd', async (_, words) => {
        const id = newId()
        const config = JSON.stringify(configFor(`system.slice:docker:${id}`))
        const outcome = await run(RUNC, {id, config, before: announced}, [...GLOBAL, '--systemd-cgroup', ...words(id)])
        expect(outcome).toMatchObject({status: 0, stderr: '', files: ['config.json'], config})
        expect(outcome.became).toMatchObject({program: 'runc', words: [...GLOBAL, ...words(id)]})
      })
    })
  })
})
