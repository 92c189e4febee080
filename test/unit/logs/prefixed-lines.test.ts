import {Writable} from 'node:stream'
import {describe, expect, test} from 'vitest'
import type {Entry} from '../../../src/logs/entry.js'
import {PrefixedLines} from '../../../src/logs/prefixed-lines.js'

class Output extends Writable {
  text = ''
  error: Error | undefined

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk.toString()
    done(this.error)
  }
}

function entry(stream: Entry['stream'], priority: number, text: string): Entry {
  return {stream, priority, text: Buffer.from(text)}
}

async function written(entries: readonly Entry[], outputs = {stdout: new Output(), stderr: new Output()}) {
  const sink = new PrefixedLines(outputs)
  const error = await new Promise<Error | null | undefined>((resolve) => {
    sink.take(entries, resolve)
  })
  return {error, stdout: outputs.stdout.text, stderr: outputs.stderr.text}
}

describe('entries on a stream of the journal', () => {
  test('bear their priority as a prefix', async () => {
    const entries = [entry('stdout', 6, 'one'), entry('stdout', 3, ''), entry('stdout', 0, '<4>two')]
    expect(await written(entries)).toMatchObject({stdout: '<6>one\n<3>\n<0><4>two\n', stderr: ''})
  })

  test('go to the output of their stream', async () => {
    expect(await written([entry('stderr', 3, 'one')])).toMatchObject({stdout: '', stderr: '<3>one\n'})
  })

  test('bear it on each of their lines, also where a NUL ends one', async () => {
    const entries = [entry('stdout', 3, 'Error\n  at one\0  at two\n\nend')]
    expect((await written(entries)).stdout).toBe('<3>Error\n<3>  at one\n<3>  at two\n<3>\n<3>end\n')
  })

  test('may be none', async () => {
    expect(await written([])).toEqual({error: undefined, stdout: '', stderr: ''})
  })

  test('are not written where the output is broken', async () => {
    const outputs = {stdout: new Output(), stderr: new Output()}
    outputs.stdout.error = new Error('broken')
    outputs.stdout.on('error', () => undefined)
    expect((await written([entry('stdout', 6, 'one')], outputs)).error?.message).toBe('broken')
  })

  test('stay as they are until they are written, also where more come before that', async () => {
    const texts: string[] = []
    const stdout = new Writable({
      write: (chunk: Buffer, _, done) => {
        setImmediate(() => {
          texts.push(chunk.toString())
          done()
        })
      },
    })
    const sink = new PrefixedLines({stdout, stderr: stdout})
    const take = (text: string): Promise<unknown> =>
      new Promise((resolve) => {
        sink.take([entry('stdout', 6, text)], resolve)
      })
    await take('first')
    await Promise.all([take('one'), take('two'), take('three')])
    await take('four')
    expect(texts).toEqual(['<6>first\n', '<6>one\n', '<6>two\n', '<6>three\n', '<6>four\n'])
  })
})
