import {COLUMNS} from '../placement/columns.js'
import {testMatrix} from '../placement/matrix.js'

testMatrix(COLUMNS)
