#!/usr/bin/env node
'use strict'

const {dirname} = require('node:path')
const {main} = require('../dist/main.cjs')

void main(dirname(__dirname))
