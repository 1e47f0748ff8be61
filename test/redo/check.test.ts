import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Checker } from '../../redo/check.ts'
import { type FileNode, Graph, type Making } from '../../redo/graph.ts'
import type { Rules } from '../../redo/rules.ts'
import { nothing, stampOf } from '../../redo/stamp.ts'

/** Targets that are up to date but for what they depend on, and a checker of them. */
function setUp() {
  const graph = new Graph()
  const rule = graph.node('default.do')
  const target = (name: string, inputs: readonly FileNode[], more: Partial<Making> = {}): FileNode => {
    const node = graph.node(name)
    const usual = {
      always: false,
      digest: undefined,
      failed: false,
      before: undefined,
      took: 0,
      logged: undefined,
    }
    const versions = inputs.map(input => input.version)
    graph.built(node, stampOf(name), { rule, inputs, versions, absent: [], ...usual, ...more })
    return node
  }
  const findName = vi.fn(() => rule.name)
  /** Those that are being brought up to date. */
  const undecided = new Set<FileNode>()
  const checker = new Checker({
    graph,
    rules: { findName } as unknown as Rules,
    progress: node => (undecided.has(node) ? 'undecided' : undefined),
  })
  return { graph, target, findName, undecided, checker }
}

test('what is reached in many ways is looked at once, also while a stamp decides on it', () => {
  const { graph, target, findName, checker } = setUp()
  const stamped = target('stamped', [], { always: true, digest: 'a' })
  const all = [stamped]
  for (let layer = 0, below = [stamped]; layer < 20; layer += 1) {
    below = ['left', 'right'].map(side => target(`${side} ${layer}`, below))
    all.push(...below)
  }

  for (const node of all.toReversed()) {
    const verdict = node === stamped ? { kind: 'dirty' } : { kind: 'unsure', stamped: [stamped] }
    expect(checker.check(node)).toMatchObject(verdict)
  }
  expect(findName).toHaveBeenCalledTimes(all.length)

  checker.forget(stamped)
  graph.built(stamped, nothing, { ...(stamped.making as Making), always: false })
  for (const node of all) expect(checker.check(node).kind).toBe('clean')
})

test('of a long chain with a stamp at each link all stamps are named, and none is kept with each link above it', () => {
  const { target, checker } = setUp()
  const stamps: FileNode[] = []
  let top = target('bottom', [])
  for (let link = 0; link < 10_000; link += 1) {
    stamps.push(target(`stamped ${link}`, [], { always: true, digest: 'a' }))
    top = target(`link ${link}`, [top, ...stamps.slice(-1)])
  }
  const before = process.memoryUsage().heapUsed
  const verdict = checker.check(top)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6)
  expect(verdict.kind === 'unsure' && verdict.stamped.map(({ name }) => name)).toEqual(
    stamps.map(({ name }) => name),
  )
})

test('what hangs on a stamp is checked anew when the stamped target is found changed by hand', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redo-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { target, checker } = setUp()
  writeFileSync(join(folder, 'stamped'), 'built')
  const stamped = target(join(folder, 'stamped'), [], { always: true, digest: 'a' })
  const above = target(join(folder, 'above'), [stamped])
  expect(checker.check(above)).toMatchObject({ kind: 'unsure', stamped: [stamped] })
  expect(checker.isOurs(stamped)).toBe(true)

  writeFileSync(stamped.name, 'by hand')
  expect(checker.isOurs(stamped)).toBe(false)
  expect(checker.check(above)).toMatchObject({ kind: 'dirty', reason: { kind: 'changed' } })
})

test('a target that is being brought up to date stands for all that decides on it', () => {
  const { target, undecided, checker } = setUp()
  const stamped = ['one', 'other'].map(name => target(name, [], { always: true, digest: name }))
  const lower = target('lower', stamped)
  const upper = target('upper', [lower])
  expect(checker.check(lower)).toMatchObject({ kind: 'unsure', stamped })
  expect(checker.check(upper)).toMatchObject({ kind: 'unsure', stamped })
  undecided.add(lower)
  checker.forgetUnsure()
  expect(checker.check(upper)).toMatchObject({ kind: 'unsure', stamped: [lower] })
})
