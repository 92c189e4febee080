import {rm} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {delegates} from '../../../src/systemd/delegation.js'
import {unitIn, useFakeHost} from '../../support/fake-host.js'

const host = useFakeHost()
const {signal} = new AbortController()

describe('whether a unit delegates its cgroup', () => {
  test.each([
    ['yes', true],
    ['no', false],
    ['', false],
    ['maybe', false],
  ])('a unit delegates its cgroup when systemd says so: %j', async (answer, is) => {
    await host.systemctlAnswers(`Delegate=${answer}`)
    expect(await delegates(unitIn(host), signal)).toBe(is)
  })

  test("the host's systemd is asked", async () => {
    await delegates(unitIn(host), signal)
    expect(await host.systemctlCalls()).toEqual(['show --property=Delegate -- x.service'])
  })

  test("the user's own systemd is asked for a unit of a user", async () => {
    await delegates({...unitIn(host), manager: 'user'}, signal)
    expect(await host.systemctlCalls()).toEqual(['--user show --property=Delegate -- x.service'])
  })

  test('systemd is asked of a unit whose name looks like an option or has a backslash', async () => {
    await delegates(unitIn(host, '-x\\x2dy.service'), signal)
    expect(await host.systemctlCalls()).toEqual(['show --property=Delegate -- -x\\x2dy.service'])
  })

  test('the delegation of a unit is not known where systemd fails, whatever it says', async () => {
    await host.systemctlAnswers('Delegate=yes', 1)
    expect(await delegates(unitIn(host), signal)).toBeUndefined()
  })

  test('the delegation of a unit is not known where systemctl says nothing, as in a chroot', async () => {
    await host.systemctlAnswers('')
    expect(await delegates(unitIn(host), signal)).toBeUndefined()
  })

  test('the delegation of a unit is not known where there is no systemctl', async () => {
    await rm(host.in('bin', 'systemctl'))
    expect(await delegates(unitIn(host), signal)).toBeUndefined()
  })

  test('the delegation of a unit is not known once the run was asked to stop', async () => {
    await host.systemctlAnswers('Delegate=yes')
    expect(await delegates(unitIn(host), AbortSignal.abort())).toBeUndefined()
  })
})
