import {describe, expect, test} from 'vitest'
import {containerFields, parseFieldWishes, type DescribedContainer} from '../../../src/logs/container-fields.js'

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
async function fieldsWith(options: Record<string, string>, differs: Partial<DescribedContainer> = {}, unit?: string) {
  const leftOut: string[] = []
  const fields = containerFields({...CONTAINER, ...differs}, await parseFieldWishes(options), unit, (names) =>
    leftOut.push(...names),
  )
  return {fields: Object.fromEntries(fields), leftOut}
}

describe("the fields of a container's entries", () => {
  test('are those of the container alone where the line chooses nothing', async () => {
    expect(await fieldsWith({})).toEqual({fields: OWN, leftOut: []})
    const {fields} = await fieldsWith({tag: '', labels: '', 'labels-regex': '', env: '', 'env-regex': ''})
    expect(fields).toEqual(OWN)
  })

  test('have the unit where it is said', async () => {
    const {fields} = await fieldsWith({}, {}, 'web.service')
    expect(fields).toEqual({...OWN, OBJECT_SYSTEMD_UNIT: 'web.service'})
  })

  test('have labels and variables as Docker calls them', async () => {
    const {fields} = await fieldsWith({labels: 'com.example.team,none', env: 'STAGE,EMPTY,BARE,NONE'})
    expect(fields).toEqual({...OWN, COM_EXAMPLE_TEAM: 'a team', STAGE: 'live=yes', EMPTY: '', BARE: ''})
  })

  test('have labels and variables whose names match', async () => {
    const {fields} = await fieldsWith({'labels-regex': '^(_|com)', 'env-regex': '(?i)^p'})
    expect(fields).toEqual({...OWN, COM_EXAMPLE_TEAM: 'a team', TIER: 'other', PATH: '/bin'})
  })

  test('are named by the tag', async () => {
    const {fields} = await fieldsWith({tag: '{{.ImageName}}/{{ .Name }}/{{.ID}}'})
    const tag = 'registry/web:1/web/0123456789ab'
    expect(fields).toEqual({...OWN, SYSLOG_IDENTIFIER: tag, CONTAINER_TAG: tag})
  })

  test('cannot be replaced by a label, and none makes an entry that of another unit', async () => {
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
    expect((await fieldsWith({'labels-regex': '.*'}, {labels})).fields).toEqual({...OWN, PID: '1'})
  })

  test('have a variable rather than a label of the same name', async () => {
    const {fields} = await fieldsWith({labels: 'stage', env: 'STAGE'}, {labels: {stage: 'test'}})
    expect(fields).toEqual({...OWN, STAGE: 'live=yes'})
  })

  test('have no more labels and variables than an entry may take', async () => {
    const labels = {...Object.fromEntries(Array.from({length: 300}, (_, n) => [`l${String(n)}`, ''])), long: ''}
    const many = await fieldsWith({'labels-regex': '^l'}, {labels})
    expect(Object.keys(many.fields)).toHaveLength(256 + Object.keys(OWN).length)
    expect(many.leftOut).toHaveLength(301 - 256)
    const long = await fieldsWith({labels: 'one,two,three'}, {labels: {one: 'x', two: 'y'.repeat(40_000), three: 'z'}})
    expect(long).toEqual({fields: {...OWN, ONE: 'x', THREE: 'z'}, leftOut: ['TWO']})
  })

  test.each([
    [{'labels-regex': '('}, '"labels-regex=(" for --log-opt: error parsing regexp: missing closing ): `(`'],
    [{'env-regex': '['}, '"env-regex=[" for --log-opt: error parsing regexp: missing closing ]: `[`'],
    [
      {tag: '{{.Name}}-{{index .Labels "x"}}'},
      'for --log-opt: --logs=native knows no {{index .Labels "x"}}, but {{.ID}}, {{.FullID}}, {{.Name}}, {{.ImageID}}, {{.ImageFullID}}, {{.ImageName}}, {{.DaemonName}}',
    ],
    [{tag: '{{Name}}'}, 'knows no {{Name}}'],
    [{tag: '{{.constructor}}'}, 'knows no {{.constructor}}'],
  ] as [Record<string, string>, string][])('are refused with %j', async (options, words) => {
    await expect(parseFieldWishes(options)).rejects.toMatchObject({
      code: 'BAD_VALUE',
      message: expect.stringContaining(words) as string,
    })
  })
})
