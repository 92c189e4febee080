// Makes the virtual machine of the tests where the cache has none yet, so that it is there when they want it.
import {VIRTUAL_MACHINE} from './hosts.js'
import {busybox} from './images.js'
import {savedMachine} from './machine.js'

await savedMachine(VIRTUAL_MACHINE, [await busybox()])
