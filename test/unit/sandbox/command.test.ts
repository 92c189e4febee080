import {expect, test} from 'vitest'
import {attempt} from '../../../sandbox/command.js'

test('a command that takes too long fails with what it printed, although a child of its own holds its output', async () => {
  const running = attempt(['sh', '-c', 'echo begun; sleep 20 & wait'], {timeout: 500})
  await expect(running).rejects.toThrow('did not end within 500 ms: begun')
})
