import {afterAll, describe, expect, test} from 'vitest'
import {EVERY_HOST} from '../host/hosts.js'
import {defineService} from '../service/service.js'
import type {Column} from './columns.js'
import {DOCKERS_LIMITS, ROWS, type Cell} from './rows.js'
import {matrixTable} from './table.js'

const SHELL = `sh -c 'trap "echo reloaded" USR1; trap exit TERM; while :; do sleep 1000 & wait; done'`
const STOP_TIMEOUT_S = 5
const COLUMN_TIMEOUT_MS = 120_000

/**
 * These columns of the matrix of placements, on the hosts of this test's project: every cell is as expected, and all
 * are printed.
 */
export function testMatrix(columns: readonly Column[]): void {
  const seen = new Map<Column, string>()

  afterAll(() => {
    console.log(matrixTable([...seen].map(([column, cells]) => ({...column, expected: cells}))))
  })

  for (const {name, guest} of EVERY_HOST)
    describe(`the matrix of placements on ${name}`, () => {
      test.each(columns.filter(({host}) => host === name))(
        'the matrix holds for a container that is $title',
        async (column) => {
          const hasControllers = !guest.kind.unified || name === 'debian13-vm'
          const limits = hasControllers ? DOCKERS_LIMITS : ''
          const run = `run --rm --name %n ${column.words}`
          const cell: Cell = {
            guest,
            limited: await defineService(guest, `${run} ${limits} busybox ${SHELL}`, {
              MemoryMax: '400M',
              ...column.unit,
            }),
            inLimitedUnit: await defineService(guest, `${run} busybox ${SHELL}`, {
              MemoryMax: '150M',
              OOMPolicy: 'continue',
              // In a container of systemd-nspawn nobody tells systemd that a cgroup of v1 is empty.
              TimeoutStopSec: String(STOP_TIMEOUT_S * guest.kind.slowness),
              ...column.unit,
            }),
          }
          for (const service of [cell.limited, cell.inLimitedUnit])
            expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
          let cells = ''
          for (const row of ROWS)
            cells += row.needsControllers && !hasControllers ? '-' : (await row.see(cell)) ? 'y' : 'n'
          seen.set(column, cells)
          expect(differences(cells, column.expected)).toEqual([])
        },
        COLUMN_TIMEOUT_MS * guest.kind.slowness,
      )
    })
}

function differences(seen: string, expected: string): string[] {
  return ROWS.flatMap(({title}, row) =>
    seen[row] === expected[row] ? [] : [`${title}: ${String(seen[row])}, not ${String(expected[row])}`],
  )
}
