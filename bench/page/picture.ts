import {init, type EChartsCoreOption} from 'echarts'

const WIDTH = 760
const HEIGHT = 380
const BACKGROUND = '#ffffff'

/** A picture of the page, in SVG. */
export interface Picture {
  /** What its file is called, without `.svg`. */
  readonly name: string
  readonly what: string
  readonly svg: string
}

/** Values of whoever was measured, by name. */
type Values = ReadonlyMap<string, readonly number[]>
/** A value for each group, of whoever was measured, by name. */
type Grouped<Group> = ReadonlyMap<string, ReadonlyMap<Group, number>>

/** What share of the values of each is no greater than what stands below, as a step for each value. */
export function distribution(name: string, what: string, unit: string, values: Values): Picture {
  return picture(name, what, {
    xAxis: {type: 'value', name: unit, scale: true},
    yAxis: {type: 'value', max: 100, axisLabel: {formatter: '{value} %'}},
    series: [...values].map(([of, all]) => ({
      name: of,
      type: 'line',
      step: 'end',
      showSymbol: false,
      data: all.toSorted((a, b) => a - b).map((value, index) => [value, ((index + 1) / all.length) * 100]),
    })),
  })
}

/** A line for each name through its values, which are by what they were measured at, such as a number of units. */
export function lines(name: string, what: string, unit: string, values: Grouped<number>): Picture {
  return grouped(name, what, unit, values, {type: 'line'})
}

/** A bar for each name in each of some groups. */
export function bars(name: string, what: string, unit: string, values: Grouped<string>): Picture {
  const formatter = ({value}: {value: number}): string => value.toPrecision(3)
  return grouped(name, what, unit, values, {type: 'bar', label: {show: true, position: 'top', formatter}})
}

function grouped<Group extends number | string>(
  name: string,
  what: string,
  unit: string,
  values: Grouped<Group>,
  style: Readonly<Record<string, unknown>>,
): Picture {
  const groups = [...new Set([...values.values()].flatMap((of) => [...of.keys()]))]
  return picture(name, what, {
    xAxis: {type: 'category', data: groups.map(String)},
    yAxis: {type: 'value', name: unit},
    series: [...values].map(([of, at]) => ({...style, name: of, data: groups.map((group) => at.get(group))})),
  })
}

function picture(name: string, what: string, option: EChartsCoreOption): Picture {
  const chart = init(undefined, undefined, {renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT})
  try {
    chart.setOption({
      animation: false,
      backgroundColor: BACKGROUND,
      title: {text: what, left: 'center', textStyle: {fontSize: 14}},
      legend: {top: 28},
      grid: {top: 70, left: 16, right: 32, bottom: 16, containLabel: true},
      ...option,
    })
    return {name, what, svg: chart.renderToSVGString()}
  } finally {
    chart.dispose()
  }
}
