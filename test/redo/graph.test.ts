import { expect, test } from 'vitest'
import { Graph, type Making } from '../../redo/graph.ts'
import { folder, nothing, type Stamp } from '../../redo/stamp.ts'

const stamp = (text: string): Stamp => text as Stamp

/** A target of a graph, `x`, and how its build came to be. */
function setUp() {
  const graph = new Graph()
  const x = graph.node('x')
  const making = (input: string, more: Partial<Making> = {}): Making => ({
    rule: graph.node('x.do'),
    inputs: [graph.node(input)],
    versions: [0],
    absent: [],
    always: false,
    digest: undefined,
    failed: false,
    before: nothing,
    took: 7,
    logged: 100,
    ...more,
  })
  return { graph, x, making }
}

test('a build that goes well makes a target of what was changed by hand, or had lost its rule', () => {
  const { graph, x, making } = setUp()
  graph.built(x, stamp('1'), making('in'))
  graph.override(x, stamp('2'))
  expect(x).toMatchObject({ making: undefined, overridden: true, stamp: '2', previous: '1' })
  graph.built(x, stamp('3'), making('in'))
  expect(x.overridden).toBe(false)
  graph.orphan(x)
  expect(x).toMatchObject({ making: undefined, orphaned: true, stamp: '3', previous: undefined })
  graph.built(x, stamp('4'), making('in'))
  expect(x.orphaned).toBe(false)
  graph.orphan(x)
  graph.failed(x, stamp('4'), making('in'))
  expect(x).toMatchObject({ orphaned: false, making: { failed: true } })
})

test('after a failure what the last success asked for counts, how long it took, and the log of the failure', () => {
  const { graph, x, making } = setUp()
  graph.built(x, stamp('1'), making('old'))
  graph.failed(x, stamp('1'), making('new', { took: 9, logged: 200, before: stamp('1') }))
  expect(x.making?.inputs.map(({ name }) => name)).toEqual(['old'])
  expect(x.making).toMatchObject({ failed: true, took: 7, logged: 200, before: undefined })
})

test('of a target that only ever failed nothing is known without a file, and with one no time', () => {
  const { graph, x, making } = setUp()
  for (const none of [nothing, folder]) {
    graph.failed(x, none, making('in'))
    expect(x).toMatchObject({ making: undefined, stamp: none })
  }
  graph.failed(x, stamp('1'), making('in'))
  expect(x.making).toMatchObject({ failed: true, took: 0 })
})

test('a build that was cut short leaves word of its log, and of a target that was never built that it is not there', () => {
  const { graph, x, making } = setUp()
  graph.cut(x, nothing, 100)
  expect(x).toMatchObject({ stamp: nothing, making: undefined })
  graph.built(x, stamp('1'), making('in'))
  graph.cut(x, stamp('1'), 200)
  expect(x.making?.logged).toBe(200)
})

test('where the books are behind, what was cut short is left for its log to tell', () => {
  const { graph, x, making } = setUp()
  graph.cut(x, stamp('1'), 100)
  expect(x.stamp).toBeUndefined()
  graph.built(x, stamp('1'), making('in'))
  graph.cut(x, stamp('2'), 200)
  expect(x.making?.logged).toBe(100)
  graph.override(x, stamp('2'))
  graph.see(graph.node('source'), stamp('1'))
  graph.saved()
  graph.cut(graph.node('source'), stamp('1'), 200)
  expect(graph.unsaved).toEqual([])
})
