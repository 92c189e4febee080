import {describe, expect, test} from 'vitest'
import {parseReadiness, parseTime} from '../../../src/readiness/parse.js'
import {thrownBy} from '../../support/thrown.js'

const PACE = {interval: undefined, timeout: undefined}

describe('what --ready takes', () => {
  test.each([
    ['healthy', 'its health check'],
    ['http://localhost:8080/health', 'http://localhost:8080/health'],
    ['http://127.0.0.1', 'http://127.0.0.1/'],
    ['http://[::1]:80/x?token=secret#there', 'http://[::1]/x'],
    ['tcp:localhost:5432', 'tcp:localhost:5432'],
    ['tcp://localhost:5432', 'tcp://localhost:5432'],
    ['tcp:[::1]:5432', 'tcp:[::1]:5432'],
    ['unix:/run/app/app.sock', 'unix:/run/app/app.sock'],
    ['log:/listening on port [0-9]+/', 'log:/listening on port [0-9]+/'],
    ['log:/Ready/i', 'log:/Ready/i'],
    ['exec:pg_isready -U postgres', 'exec:pg_isready -U postgres'],
    ['exec:["/bin/check", "-q"]', 'exec:["/bin/check", "-q"]'],
    ['delay:1.5s', 'delay:1.5 s'],
  ])('%s is waited for as %s', (value, what) => {
    expect(parseReadiness(value, PACE).what).toBe(what)
  })

  test.each([
    ['', /use started, container, healthy, http:/],
    ['soon', /use started, container, healthy, http:/],
    ['Healthy', /use started/],
    ['healthy:now', /use started/],
    ['https://localhost/', /https is not probed; use tcp:HOST:PORT/],
    ['http:', /use an address such as http:\/\/localhost:8080\/health/],
    ['http:localhost:8080', /use an address such as/],
    ['http://', /use an address such as/],
    ['http://localhost:99999/', /use an address such as/],
    ['tcp:5432', /use a host and a port/],
    ['tcp:localhost', /use a host and a port/],
    ['tcp:localhost:0', /use a host and a port/],
    ['tcp:localhost:65536', /use a host and a port/],
    ['tcp:::1:80', /use a host and a port/],
    ['unix:run/app.sock', /use the absolute path of a socket on the host, of 107 bytes at most/],
    [`unix:/${'x'.repeat(107)}`, /of 107 bytes at most/],
    ['log:ready', /use a regular expression between slashes/],
    ['log://', /use a regular expression between slashes/],
    ['log:/ready/g', /use a regular expression between slashes/],
    ['log:/(/', /Invalid regular expression/],
    ['exec:', /give a command/],
    ['delay:', /use a time with a unit/],
    ['delay:5', /use a time with a unit/],
    ['delay:0s', /use 10ms or more/],
  ])('%j is refused, with what may be said', (value, why) => {
    expect(thrownBy(() => parseReadiness(value, PACE))).toMatchObject({
      code: 'BAD_VALUE',
      message: expect.stringMatching(why) as unknown,
    })
  })

  test('an address with a password is refused, and the password is not repeated', () => {
    expect(thrownBy(() => parseReadiness('http://admin:hunter2@localhost/', PACE))).toMatchObject({
      code: 'BAD_VALUE',
      message: expect.not.stringContaining('hunter2') as unknown,
    })
  })

  test.each([
    [{interval: '5', timeout: undefined}, '--ready-interval'],
    [{interval: '1ms', timeout: undefined}, '--ready-interval'],
    [{interval: undefined, timeout: 'long'}, '--ready-probe-timeout'],
    [{interval: undefined, timeout: '0s'}, '--ready-probe-timeout'],
  ])('a pace of %j is refused by the name of %s', (pace, option) => {
    expect(thrownBy(() => parseReadiness('healthy', pace))).toMatchObject({
      code: 'BAD_VALUE',
      message: expect.stringContaining(option) as unknown,
    })
  })
})

test('a time is in milliseconds', () => {
  expect(parseTime('1m30s', '--ready-timeout')).toBe(90_000)
})
