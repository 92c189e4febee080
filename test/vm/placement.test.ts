import {COLUMNS} from '../support/placement/columns.js'
import {testMatrix} from '../support/placement/matrix.js'

testMatrix(COLUMNS)
