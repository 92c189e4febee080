#!/usr/bin/env -S node --
'use strict'

// Without the two dashes Node would take docker run's --env-file, wherever it stands on the line, for its own.
const {dirname} = require('node:path')
const {main} = require('../dist/main.cjs')

void main({directory: () => dirname(__dirname), release: () => undefined})
