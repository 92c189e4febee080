import {describe, expect, test} from 'vitest'
import {CleanupStack} from '../../../src/pipeline/cleanup.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

describe('what a run has acquired', () => {
  test('an undo is called last in, first out, one after the other', async () => {
    const cleanup = new CleanupStack()
    const done: string[] = []
    for (const name of ['first', 'second', 'third'])
      cleanup.defer(name, async () => {
        done.push(`${name} begins`)
        await Promise.resolve()
        done.push(`${name} ends`)
      })
    await cleanup.unwind(recordingLog().log.warn)
    expect(done).toEqual(['third begins', 'third ends', 'second begins', 'second ends', 'first begins', 'first ends'])
  })

  test('an undo is called once', async () => {
    const cleanup = new CleanupStack()
    const {log} = recordingLog()
    let times = 0
    cleanup.defer('count', () => {
      times++
    })
    await cleanup.unwind(log.warn)
    await cleanup.unwind(log.warn)
    expect(times).toBe(1)
  })

  test('an undo is called though another one fails, which is one warning', async () => {
    const cleanup = new CleanupStack()
    const {log, lines} = recordingLog()
    const done: string[] = []
    cleanup.defer('remove the file', () => {
      done.push('file')
    })
    cleanup.defer('close the stream', () => Promise.reject(new Error('it is\ngone')))
    cleanup.defer('unmount', () => {
      throw new Error('busy')
    })
    cleanup.defer('say goodbye', () => {
      done.push('goodbye')
    })
    await cleanup.unwind(log.warn)
    expect(done).toEqual(['goodbye', 'file'])
    expect(lines).toEqual(['warn: could not unmount: busy', 'warn: could not close the stream: it is gone'])
  })

  test('an undo that is deferred while undoing is called too', async () => {
    const cleanup = new CleanupStack()
    const done: string[] = []
    cleanup.defer('outer', () => {
      done.push('outer')
    })
    cleanup.defer('inner', () => {
      cleanup.defer('late', () => {
        done.push('late')
      })
      done.push('inner')
    })
    await cleanup.unwind(recordingLog().log.warn)
    expect(done).toEqual(['inner', 'late', 'outer'])
  })

  test('a run may have nothing to undo', async () => {
    const {log, lines} = recordingLog()
    await new CleanupStack().unwind(log.warn)
    expect(lines).toEqual([])
  })
})
