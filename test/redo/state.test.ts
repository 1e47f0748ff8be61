import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { FileNode, Graph } from '../../redo/graph.ts'
import type { Stamp } from '../../redo/stamp.ts'
import { State } from '../../redo/state.ts'

const scratch = mkdtempSync(join(tmpdir(), 'redo-state-'))
let count = 0

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('what was saved is loaded, with names of any kind', () => {
  const path = fresh()
  const state = State.open(path)
  const { graph } = state
  build(graph, 'a "b"\n]\n[/ö', ['x.do', 'source'], { always: true, digest: 'abc' })
  build(graph, 'failed', ['x.do'], { failed: true, before: 'as it was' as Stamp })
  build(graph, 'by hand', ['x.do'])
  graph.override(graph.node('by hand'), 'other' as Stamp)
  build(graph, 'without its rule', ['x.do'])
  graph.orphan(graph.node('without its rule'))
  graph.see(graph.node('gone'), '-' as Stamp)
  state.save()
  expect(told(State.open(path).graph)).toEqual(told(graph))
  state.close()
  expect(told(State.open(path).graph)).toEqual(told(graph))
})

test('a later record of a file replaces an earlier one', () => {
  const path = fresh()
  const state = State.open(path)
  build(state.graph, 'x', ['x.do'])
  state.save()
  build(state.graph, 'x', ['x.do', 'more'])
  state.save()
  const size = statSync(path).size
  state.save()
  expect(statSync(path).size).toBe(size)
  const making = State.open(path).graph.find('x')?.making
  expect(making?.inputs.map(input => input.name)).toEqual(['x.do', 'more'])
})

test('a block that was cut short is dropped, those before it count, and the next run goes on after them', () => {
  const path = fresh()
  const state = State.open(path)
  build(state.graph, 'first', ['first.do'])
  state.save()
  const whole = readFileSync(path)
  build(state.graph, 'second', ['second.do'])
  state.save()
  const all = readFileSync(path)
  for (let length = whole.length; length < all.length; length += 1) {
    writeFileSync(path, all.subarray(0, length))
    const cut = State.open(path)
    expect(cut.damage).toBeUndefined()
    expect(cut.graph.find('first')?.making).toBeDefined()
    expect(cut.graph.find('second')).toBeUndefined()
    build(cut.graph, 'third', ['third.do'])
    cut.save()
    const next = State.open(path)
    expect([next.damage, next.graph.find('third')?.making?.rule.name]).toEqual([undefined, 'third.do'])
  }
})

test('damage before the last block is told, nothing of the file is believed, and the next run heals it', () => {
  const path = fresh()
  const state = State.open(path)
  for (const name of ['a', 'b', 'c']) {
    build(state.graph, name, ['x.do'])
    state.save()
  }
  const whole = readFileSync(path, 'utf8')
  for (const [text, spoiled] of [
    ['"b"', '"B"'],
    ['\n#', '\n!'],
  ] as const) {
    writeFileSync(path, whole.replace(text, spoiled))
    const damaged = State.open(path)
    expect(damaged.damage).toMatch(/^the block at byte \d+ is damaged$/)
    expect(damaged.graph.size).toBe(0)
    build(damaged.graph, 'd', ['x.do'])
    damaged.close()
    const healed = State.open(path)
    expect([healed.damage, healed.graph.find('d')?.making?.rule.name]).toEqual([undefined, 'x.do'])
  }
})

test('a damaged state is healed by a run, too, that records nothing, unless it is not ours any more', () => {
  const path = fresh()
  writeFileSync(path, 'spoiled\n')
  State.open(path, () => false).close()
  expect(readFileSync(path, 'utf8')).toBe('spoiled\n')
  // What a run left that was killed while it did so.
  writeFileSync(`${path}.new`, 'begun\n')
  State.open(path).close()
  expect(State.open(path).damage).toBeUndefined()
})

test('a last block of which the machine went down before all bytes were there is dropped, too', () => {
  const path = fresh()
  const state = State.open(path)
  build(state.graph, 'first', ['x.do'])
  state.save()
  const { length } = readFileSync(path)
  build(state.graph, 'second', ['x.do'])
  state.save()
  const all = readFileSync(path)
  writeFileSync(path, Buffer.concat([all.subarray(0, length + 20), Buffer.alloc(all.length - length - 20)]))
  const spoiled = State.open(path)
  expect(spoiled.damage).toBeUndefined()
  expect([spoiled.graph.find('first')?.making?.rule.name, spoiled.graph.find('second')]).toEqual([
    'x.do',
    undefined,
  ])
})

test('a record of a file that was never named is damage', () => {
  const path = fresh()
  const state = State.open(path)
  build(state.graph, 'x', ['x.do'], { rule: { id: 7 } as FileNode })
  state.save()
  expect(State.open(path).damage).toBe('it speaks of a file without a name')
})

test('the end of a run rewrites a state that is mostly outdated, and one that is in many pieces', () => {
  for (const names of [(_: number) => 'x', (at: number) => `${at}`]) {
    const path = fresh()
    const state = State.open(path)
    for (let at = 0; at < 1000; at += 1) {
      build(state.graph, names(at), ['x.do'])
      state.save()
    }
    const before = blocks(path)
    state.close()
    expect([before, blocks(path) < 5]).toEqual([1000, true])
    expect(told(State.open(path).graph)).toEqual(told(state.graph))
  }
})

test('the end of a run rewrites a state that is outdated in few pieces, and leaves one that is not', () => {
  for (const [times, left] of [
    [2, 2],
    [10, 1],
  ] as const) {
    const path = fresh()
    const state = State.open(path)
    for (let time = 0; time < times; time += 1) {
      for (let at = 0; at < 50; at += 1) build(state.graph, `${at}`, ['x.do'])
      state.save()
    }
    state.close()
    expect(blocks(path)).toBe(left)
  }
})

test('after its end a run records nothing: the file may be that of the next one', () => {
  const path = fresh()
  const state = State.open(path)
  build(state.graph, 'x', ['x.do'])
  state.close()
  const before = readFileSync(path)
  build(state.graph, 'late', ['x.do'])
  expect(() => state.save()).toThrow('after the end')
  expect(readFileSync(path)).toEqual(before)
})

test('a run that changed nothing leaves the file as it is', () => {
  const path = fresh()
  const state = State.open(path)
  build(state.graph, 'x', ['x.do'])
  state.close()
  const before = readFileSync(path)
  State.open(path).close()
  expect(readFileSync(path)).toEqual(before)
})

function fresh(): string {
  count += 1
  return join(scratch, `state-${count}`)
}

/** Records a target as the builder does. */
function build(
  graph: Graph,
  name: string,
  inputs: readonly string[],
  special: Partial<FileNode['making']> = {},
): void {
  const nodes = inputs.map(input => graph.node(input))
  const node = graph.node(name)
  graph.built(node, `${name} ${node.version}` as Stamp, {
    rule: nodes[0] as FileNode,
    inputs: nodes,
    versions: nodes.map((_, at) => at + 7),
    absent: [graph.node('default.do')],
    always: false,
    digest: undefined,
    failed: false,
    before: undefined,
    took: 12,
    logged: 1732284123456.789,
    ...special,
  })
}

/** All that a graph knows, with names in place of nodes. */
function told(graph: Graph): unknown {
  return graph.all().map(({ id, name, version, stamp, overridden, orphaned, making }) => ({
    ...{ id, name, version, stamp, overridden, orphaned },
    making: making && {
      ...making,
      rule: making.rule.name,
      inputs: making.inputs.map(input => input.name),
      absent: making.absent.map(file => file.name),
    },
  }))
}

function blocks(path: string): number {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line.startsWith('#')).length
}
