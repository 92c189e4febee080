import {describe, expect, test} from 'vitest'
import {containerFields, parseFieldWishes, type DescribedContainer} from '../../../src/logs/container-fields.js'
import {thrownBy} from '../../support/thrown.js'

const ID = '0123456789abcdef'.repeat(4)
const CONTAINER = {
  id: ID,
  name: 'web',
  imageName: 'registry/web:1',
  imageId: 'sha256:fedcba9876543210',
  labels: {'com.example.team': 'a team', tier: 'front', __tier: 'other'},
  environment: ['PATH=/bin', 'STAGE=live=yes', 'EMPTY=', 'BARE'],
}
const OWN = {
  SYSLOG_IDENTIFIER: 'web',
  CONTAINER_ID: '0123456789ab',
  CONTAINER_ID_FULL: ID,
  CONTAINER_NAME: 'web',
  CONTAINER_TAG: 'web',
  IMAGE_NAME: 'registry/web:1',
}

/** The fields of a container with these options, and what was left out. */
function fieldsWith(options: Record<string, string>, differs: Partial<DescribedContainer> = {}, unit?: string) {
  const leftOut: string[] = []
  const fields = containerFields({...CONTAINER, ...differs}, parseFieldWishes(options), unit, (names) =>
    leftOut.push(...names),
  )
  return {fields: Object.fromEntries(fields), leftOut}
}

describe("the fields of a container's entries", () => {
  test('are those of the container alone where the line chooses nothing', () => {
    expect(fieldsWith({})).toEqual({fields: OWN, leftOut: []})
    expect(fieldsWith({tag: '', labels: '', 'labels-regex': '', env: '', 'env-regex': ''}).fields).toEqual(OWN)
  })

  test('have the unit where it is said', () => {
    expect(fieldsWith({}, {}, 'web.service').fields).toEqual({...OWN, OBJECT_SYSTEMD_UNIT: 'web.service'})
  })

  test('have labels and variables as Docker calls them', () => {
    expect(fieldsWith({labels: 'com.example.team,none', env: 'STAGE,EMPTY,BARE,NONE'}).fields).toEqual({
      ...OWN,
      COM_EXAMPLE_TEAM: 'a team',
      STAGE: 'live=yes',
      EMPTY: '',
      BARE: '',
    })
  })

  test('have labels and variables whose names match', () => {
    expect(fieldsWith({'labels-regex': '^(_|com)', 'env-regex': '(?i)^p'}).fields).toEqual({
      ...OWN,
      COM_EXAMPLE_TEAM: 'a team',
      TIER: 'other',
      PATH: '/bin',
    })
  })

  test('are named by the tag', () => {
    const {fields} = fieldsWith({tag: '{{.ImageName}}/{{ .Name }}/{{.ID}}'})
    const tag = 'registry/web:1/web/0123456789ab'
    expect(fields).toEqual({...OWN, SYSLOG_IDENTIFIER: tag, CONTAINER_TAG: tag})
  })

  test('cannot be replaced by a label, and none makes an entry that of another unit', () => {
    const labels = {
      message: 'no',
      priority: '0',
      'syslog.identifier': 'sshd',
      'container.name': 'other',
      'OBJECT-SYSTEMD-UNIT': 'sshd.service',
      OBJECT_PID: '1',
      _PID: '1',
      ['x'.repeat(65)]: 'too long',
      '1': 'a digit',
      '\u00e9': 'another',
    }
    expect(fieldsWith({'labels-regex': '.*'}, {labels}).fields).toEqual({...OWN, PID: '1'})
  })

  test('have no more labels and variables than an entry may take', () => {
    const labels = {...Object.fromEntries(Array.from({length: 300}, (_, n) => [`l${String(n)}`, ''])), long: ''}
    const many = fieldsWith({'labels-regex': '^l'}, {labels})
    expect(Object.keys(many.fields)).toHaveLength(256 + Object.keys(OWN).length)
    expect(many.leftOut).toHaveLength(301 - 256)
    const long = fieldsWith({labels: 'one,two,three'}, {labels: {one: 'x', two: 'y'.repeat(40_000), three: 'z'}})
    expect(long).toEqual({fields: {...OWN, ONE: 'x', THREE: 'z'}, leftOut: ['two']})
  })

  test.each([
    [{'labels-regex': '('}, '"labels-regex=(" for --log-opt: it is not a regular expression'],
    [{'env-regex': '['}, '"env-regex=[" for --log-opt: it is not a regular expression'],
    [
      {tag: '{{.Name}}-{{index .Labels "x"}}'},
      'for --log-opt: --logs=native knows no {{index .Labels \\"x\\"}}, but {{.ID}}, {{.FullID}}, {{.Name}}, {{.ImageID}}, {{.ImageFullID}}, {{.ImageName}}, {{.DaemonName}}',
    ],
    [{tag: '{{Name}}'}, 'knows no {{Name}}'],
    [{tag: '{{.constructor}}'}, 'knows no {{.constructor}}'],
  ])('are refused with %j', (options, words) => {
    expect(thrownBy(() => parseFieldWishes(options as unknown as Record<string, string>))).toMatchObject({
      code: 'BAD_VALUE',
      message: expect.stringContaining(words.replaceAll('\\"', '"')) as string,
    })
  })
})
