import {expect, test} from 'vitest'
import {UnitOutput} from '../../../src/systemd/unit-output.js'

test("the unit's output is free until the container's comes there, and once all of that is there", async () => {
  const output = new UnitOutput()
  expect([output.isFree, output.wasContainers]).toEqual([true, false])
  output.begin()
  expect([output.isFree, output.wasContainers]).toEqual([false, true])
  let isOver = false
  const over = output.ended().then(() => (isOver = true))
  await Promise.resolve()
  expect(isOver).toBe(false)
  output.end(true)
  await over
  expect([output.isFree, output.wasContainers]).toEqual([true, true])
  await output.ended()
})

test("the unit's output is not free behind a line that the container has not finished", () => {
  const output = new UnitOutput()
  output.begin()
  output.end(false)
  expect(output.isFree).toBe(false)
})

test("the unit's output is not free where systemd takes no priority from a line", () => {
  const output = new UnitOutput()
  output.takesPrefix = false
  expect(output.isFree).toBe(false)
})
