import {expect, test} from 'vitest'
import {splitReference} from '../../../../src/docker/client/image-reference.js'

const DIGEST = 'sha256:9f3c2a0de0a4b4c7fbc2f5f7ea5a5c3c4ff2a4a8a7a0b5d3f6b5b2f4c5d6e7f8'

test.each([
  ['nginx', 'nginx', 'latest'],
  ['nginx:1.27', 'nginx', '1.27'],
  ['library/nginx', 'library/nginx', 'latest'],
  ['registry.example.com/team/app:v2', 'registry.example.com/team/app', 'v2'],
  ['localhost:5000/app', 'localhost:5000/app', 'latest'],
  ['localhost:5000/app:v2', 'localhost:5000/app', 'v2'],
  ['localhost:5000/team/app', 'localhost:5000/team/app', 'latest'],
  [`nginx@${DIGEST}`, 'nginx', DIGEST],
  [`nginx:1.27@${DIGEST}`, 'nginx', DIGEST],
  [`localhost:5000/app@${DIGEST}`, 'localhost:5000/app', DIGEST],
  [`localhost:5000/app:v2@${DIGEST}`, 'localhost:5000/app', DIGEST],
])('the reference %s is %s at %s', (reference, repository, tag) => {
  expect(splitReference(reference)).toEqual({repository, tag})
})
