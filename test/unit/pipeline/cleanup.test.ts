import {describe, expect, test} from 'vitest'
import {CleanupStack} from '../../../src/pipeline/cleanup.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

describe('what a run has acquired', () => {
  test('an undo is called last in, first out, one after the other', async () => {
    const releases = new CleanupStack()
    const done: string[] = []
    for (const name of ['first', 'second', 'third'])
      releases.defer(name, async () => {
        done.push(`${name} begins`)
        await Promise.resolve()
        done.push(`${name} ends`)
      })
    await releases.unwind(recordingLog().log.warn)
    expect(done).toEqual(['third begins', 'third ends', 'second begins', 'second ends', 'first begins', 'first ends'])
  })

  test('an undo is called once', async () => {
    const releases = new CleanupStack()
    const {log} = recordingLog()
    let times = 0
    releases.defer('count', () => {
      times++
    })
    await releases.unwind(log.warn)
    await releases.unwind(log.warn)
    expect(times).toBe(1)
  })

  test('an undo is called though another one fails, which is one warning', async () => {
    const releases = new CleanupStack()
    const {log, lines} = recordingLog()
    const done: string[] = []
    releases.defer('remove the file', () => {
      done.push('file')
    })
    releases.defer('close the stream', () => Promise.reject(new Error('it is\ngone')))
    releases.defer('unmount', () => {
      throw new Error('busy')
    })
    releases.defer('say goodbye', () => {
      done.push('goodbye')
    })
    await releases.unwind(log.warn)
    expect(done).toEqual(['goodbye', 'file'])
    expect(lines).toEqual(['warn: could not unmount: busy', 'warn: could not close the stream: it is gone'])
  })

  test('an undo that is deferred while undoing is called too', async () => {
    const releases = new CleanupStack()
    const done: string[] = []
    releases.defer('outer', () => {
      done.push('outer')
    })
    releases.defer('inner', () => {
      releases.defer('late', () => {
        done.push('late')
      })
      done.push('inner')
    })
    await releases.unwind(recordingLog().log.warn)
    expect(done).toEqual(['inner', 'late', 'outer'])
  })

  test('a run may have nothing to undo', async () => {
    const {log, lines} = recordingLog()
    await new CleanupStack().unwind(log.warn)
    expect(lines).toEqual([])
  })
})
