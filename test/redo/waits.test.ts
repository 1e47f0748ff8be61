import { expect, test } from 'vitest'
import { Graph } from '../../redo/graph.ts'
import { Waits } from '../../redo/waits.ts'

const graph = new Graph()
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => graph.node(name)) as [Node, Node, Node, Node]

type Node = ReturnType<Graph['node']>

test('who would wait for itself, near or far, is told the trail, and does not wait', () => {
  const waits = new Waits()
  expect(waits.add(a, a)).toEqual([a, a])
  for (const [from, to] of [
    [a, b],
    [a, d],
    [b, c],
    [d, c],
  ] as const)
    expect(waits.add(from, to)).toBeUndefined()
  expect(waits.add(c, a)).toEqual([c, a, b, c])
  expect(waits.add(c, a)).toEqual([c, a, b, c])
  waits.remove(b, c)
  expect(waits.add(c, a)).toEqual([c, a, d, c])
})

test('who waits twice for the same, as from two commands, waits until both have it', () => {
  const waits = new Waits()
  waits.add(a, b)
  waits.add(a, b)
  waits.remove(a, b)
  expect(waits.add(b, a)).toEqual([b, a, b])
  waits.remove(a, b)
  expect(waits.add(b, a)).toBeUndefined()
})

test('that nobody waits for himself is seen at once, however many wait', () => {
  const waits = new Waits()
  const crowd = Array.from({ length: 40_000 }, (_, index) => graph.node(`one of many ${index}`))
  // Walked along each time, the row of those who wait takes minutes.
  const ways = crowd.flatMap((node, index) => [
    waits.add(node, crowd[index - 1] ?? a),
    waits.add(graph.node(`above ${node.name}`), node),
  ])
  expect(ways.filter(way => way !== undefined)).toEqual([])
  expect(waits.add(crowd[0] as Node, crowd[2] as Node)).toEqual([0, 2, 1, 0].map(at => crowd[at]))
})
