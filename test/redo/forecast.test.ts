import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Forecast } from '../../redo/forecast.ts'
import { Graph, type Making } from '../../redo/graph.ts'
import { type Stamp, stampOf } from '../../redo/stamp.ts'
import { Tree } from '../../redo/tree.ts'

// By the records below, of files that are all gone: a needs b, and b needs c; d and e need nothing.

const none = new Map<string, number>()
const scratch = mkdtempSync(join(tmpdir(), 'redo-forecast-'))
const target = join(scratch, 'x')
for (const path of [target, `${target}.do`]) writeFileSync(path, '')

afterAll(() => rmSync(scratch, { recursive: true }))

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
  for (const name of ['new 2', 'new 3']) forecast.want(name, false)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 6, left: 12_000 })
  forecast.want('new 4', false)
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

test('neither a build that failed nor a record of one tells how long a build takes', () => {
  const forecast = wanting('never made')
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 1, left: undefined })
  forecast.want('new', false)
  forecast.finish('new', 'failed', 4000)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 2, left: undefined })
  forecast.want('d', false)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 3, left: 8000 })
})

test('what ended before somebody else asked for it is not wanted again by that', () => {
  const forecast = wanting('c')
  forecast.finish('c', 'built', 3000)
  forecast.want('a', false)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 3, left: 3000 })
})

test('what is up to date is wanted when somebody has it built in any case, and not otherwise', () => {
  const forecast = ofOneThatIsThere([])
  forecast.want(target, false)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 0, left: undefined })
  forecast.want(target, true)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 1, left: 7000 })
})

test('what hangs on a stamp alone counts when its turn comes', () => {
  const forecast = ofOneThatIsThere(['stamped'])
  forecast.want(target, false)
  expect(forecast.outlook(none, 1)).toEqual({ wanted: 1, left: 2500 })
})

function wanting(...names: readonly string[]): Forecast {
  const graph = new Graph()
  const built = (name: string, took: number, ...inputs: readonly string[]) =>
    record(graph, name, took, { inputs })
  built('a', 1000, 'b')
  built('b', 2000, 'c')
  built('c', 3000)
  built('d', 4000)
  built('e', 5000)
  record(graph, 'never made', 0, { failed: true })
  const forecast = new Forecast(new Tree('/nowhere'), () => graph)
  for (const name of names) forecast.want(name, false)
  return forecast
}

/** The records of a target whose file and rule are as they were, and of a stamped one whose file is gone. */
function ofOneThatIsThere(inputs: readonly string[]): Forecast {
  return new Forecast(new Tree('/nowhere'), () => {
    const graph = new Graph()
    record(graph, 'stamped', 2500, { digest: '1'.repeat(64) })
    graph.see(graph.node(`${target}.do`), stampOf(`${target}.do`))
    record(graph, target, 7000, { inputs, stamp: stampOf(target) })
    return graph
  })
}

/** Enters that a target was built, or that this failed, and how long it took. */
function record(graph: Graph, name: string, took: number, more: Recorded = {}): void {
  const { inputs = [], failed = false, digest, stamp = 'as it was' as Stamp } = more
  const node = graph.node(name)
  const rule = graph.node(`${name}.do`)
  const nodes = [rule, ...inputs.map(input => graph.node(input))]
  const making: Making = {
    ...{ rule, inputs: nodes, versions: nodes.map(({ version }) => version), absent: [], took },
    ...{ always: false, digest, failed: false, before: undefined, logged: undefined },
  }
  graph.built(node, stamp, making)
  if (failed) graph.failed(node, stamp, making)
}

interface Recorded {
  readonly inputs?: readonly string[]
  readonly failed?: boolean
  readonly digest?: string
  readonly stamp?: Stamp
}
