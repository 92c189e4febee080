import {COLUMNS} from '../placement/columns.js'
import {testMatrix} from '../placement/matrix.js'

/** An emulated processor takes minutes for a column: `npm run test:vm` has them all, `npm test` the one that has most to hold. */
const isWhole = process.env['MATRIX'] === 'whole'

testMatrix(COLUMNS.filter(({title}) => isWhole || title === 'born, Delegate=yes'))
