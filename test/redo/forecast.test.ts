import { expect, test } from 'vitest'
import { Forecast } from '../../redo/forecast.ts'
import { Graph } from '../../redo/graph.ts'
import type { Stamp } from '../../redo/stamp.ts'
import { Tree } from '../../redo/tree.ts'

// By the records below, of files that are all gone: a needs b, and b needs c; d and e need nothing.

const none = new Map<string, number>()

test('the time left is the longest chain, or all the work divided by the jobs, whichever is more', () => {
  const forecast = wanting('a', 'd', 'e')
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 5, left: 15_000 })
  expect(forecast.outlook(none, 2)).toEqual({ wanted: 5, left: 7500 })
  expect(forecast.outlook(none, 5)).toEqual({ wanted: 5, left: 6000 })
})

test('what has run so far is not left, and a build that takes longer than last time is about to end', () => {
  const forecast = wanting('a', 'e')
  expect(forecast.outlook(new Map([['c', 2500]]), 9).left).toBe(5000)
  expect(forecast.outlook(new Map([['e', 9000]]), 1).left).toBe(6000)
})

test('a target that was never built takes the median of those that are known, if that is half of them', () => {
  const forecast = wanting('a', 'new')
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 4, left: 8000 })
  for (const name of ['new 2', 'new 3', 'new 4']) forecast.want(name, false)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 7, left: undefined })
  forecast.finish('new 4', 'built', 10_000)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 7, left: 15_000 })
})

test('what ended is wanted still and costs no time, whether it went well or not', () => {
  const forecast = wanting('a')
  forecast.finish('c', 'built', 3000)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 3, left: 3000 })
  forecast.finish('b', 'failed', 100)
  forecast.finish('a', undefined, undefined)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 2, left: undefined })
  expect([forecast.done, forecast.failed]).toEqual([1, 1])
})

test('what is asked for again after it ended is to be built again', () => {
  const forecast = wanting('c')
  forecast.finish('c', 'built', 3000)
  forecast.want('c', false)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 2, left: 3000 })
})

function wanting(...names: readonly string[]): Forecast {
  const graph = new Graph()
  const built = (name: string, took: number, ...inputs: readonly string[]) => {
    const node = graph.node(name)
    const rule = graph.node(`${name}.do`)
    const nodes = [rule, ...inputs.map(input => graph.node(input))]
    node.stamp = 'as it was' as Stamp
    node.making = {
      ...{ rule, inputs: nodes, versions: nodes.map(() => 0), absent: [], took },
      ...{ always: false, digest: undefined, failed: false, before: undefined },
    }
  }
  built('a', 1000, 'b')
  built('b', 2000, 'c')
  built('c', 3000)
  built('d', 4000)
  built('e', 5000)
  const forecast = new Forecast(new Tree('/nowhere'), () => graph)
  for (const name of names) forecast.want(name, false)
  return forecast
}
