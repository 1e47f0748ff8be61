import { closeSync, ftruncateSync, openSync, readFileSync, renameSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { writeAll } from '../core/write-all.ts'
import { type FileNode, Graph, type Making } from './graph.ts'
import type { Stamp } from './stamp.ts'

/**
 * The state on disk: one file of lines that only grows during a run, and is written anew when most
 * of it is outdated.
 *
 * The first line names the format. Then follow blocks: a line `#BYTES CRC`, and so many bytes of JSON
 * arrays, one a line, each the whole record of one file. A later record of a file replaces an earlier
 * one. A block that was cut short by a crash is the last one, and is dropped. What it told is built again,
 * for the logs tell which files are targets, and which of them were built later than the state knows. Damage
 * anywhere else makes the whole of it worthless; everything is built again then.
 */
export class State {
  readonly graph: Graph
  /** What could not be read, in words; undefined when all is well. */
  readonly damage: string | undefined
  readonly #path: string
  readonly #isOurs: () => boolean
  #file: number | undefined
  #isClosed = false
  readonly #goodBytes: number
  #records: number
  #blocks: number

  private constructor(path: string, loaded: Loaded, isOurs: () => boolean) {
    this.#path = path
    this.#isOurs = isOurs
    this.graph = loaded.graph
    this.damage = loaded.damage
    this.#goodBytes = loaded.goodBytes
    this.#records = loaded.records
    this.#blocks = loaded.blocks
  }

  /** `isOurs`: whether we may write to it still. */
  static open(path: string, isOurs = () => true): State {
    return new State(path, load(path), isOurs)
  }

  /** Puts all that changed on disk. Survives the death of this process, not that of the machine. */
  save(): void {
    const { unsaved } = this.graph
    if (unsaved.length === 0) return
    this.#append(unsaved)
    this.graph.saved()
  }

  /**
   * Ends a run: saves, and rewrites the file when it is damaged, less than a third of it is of use, or it
   * is in many small blocks, as after a run that built much: those take twice as long to load.
   */
  close(): void {
    this.save()
    const useful = this.graph.size
    const isOutdated = this.#records > 3 * useful + 100
    const isInPieces = this.#blocks * 8 > useful + 800
    if ((this.damage !== undefined || isOutdated || isInPieces) && this.#isOurs()) this.#rewrite()
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
    this.#isClosed = true
  }

  #append(nodes: readonly FileNode[]): void {
    // After the end of a run the file may belong to the next one.
    if (this.#isClosed) throw new Error('a record comes after the end of the run')
    if (this.#file === undefined) {
      if (!this.#isOurs()) return
      this.#file = openSync(this.#path, 'a')
      ftruncateSync(this.#file, this.#goodBytes)
      if (this.#goodBytes === 0) writeAll(this.#file, Buffer.from(header))
    }
    writeAll(this.#file, Buffer.from(block(nodes)))
    this.#records += nodes.length
    this.#blocks += 1
  }

  #rewrite(): void {
    const fresh = `${this.#path}.new`
    const file = openSync(fresh, 'w')
    writeAll(file, Buffer.from(header))
    const nodes = this.graph.all()
    for (let at = 0; at < nodes.length; at += blockSize) {
      writeAll(file, Buffer.from(block(nodes.slice(at, at + blockSize))))
    }
    closeSync(file)
    renameSync(fresh, this.#path)
  }
}

const header = 'coolports redo state 1\n'
const blockSize = 1000

interface Loaded {
  readonly graph: Graph
  readonly damage: string | undefined
  readonly goodBytes: number
  readonly records: number
  readonly blocks: number
}

type Line = readonly [
  id: number,
  name: string,
  version: number,
  stamp: Stamp | 0,
  /** Absent for a source that is nothing but a source. */
  flags?: number,
  digest?: string | 0,
  /** Of a source: what it looked like before it changed. */
  before?: Stamp | 0,
  took?: number,
  rule?: number,
  absent?: readonly number[],
  /** Input, version, input, version … */
  inputs?: readonly number[],
  logged?: number,
]

const flag = { target: 1, always: 2, failed: 4, overridden: 8, orphaned: 16 } as const

function load(path: string): Loaded {
  const bytes = read(path)
  const graph = new Graph()
  const loaded = { graph, damage: undefined, goodBytes: 0, records: 0, blocks: 0 }
  const damaged = (damage: string) => ({ ...loaded, graph: new Graph(), damage })
  if (bytes.length === 0) return loaded
  if (!bytes.subarray(0, header.length).equals(Buffer.from(header)))
    return damaged('it is of another version')
  let records = 0
  let blocks = 0
  let at = header.length
  while (at < bytes.length) {
    const end = bytes.indexOf(10, at)
    const [, length, sum] = /^#(\d+) ([0-9a-f]+)$/.exec(bytes.toString('latin1', at, Math.max(end, at))) ?? []
    const start = end + 1
    const stop = start + Number(length)
    const isLast = length === undefined ? end < 0 : stop >= bytes.length
    // What was cut off shows in the sum, too.
    if (length === undefined || crc32(bytes.subarray(start, stop)).toString(16) !== sum) {
      if (isLast) break
      return damaged(`the block at byte ${at} is damaged`)
    }
    const lines = JSON.parse(
      `[${bytes.toString('utf8', start, stop).trimEnd().replaceAll(']\n[', '],[')}]`,
    ) as Line[]
    for (const line of lines) restore(line, graph)
    records += lines.length
    blocks += 1
    at = stop
  }
  if (!graph.isWhole) return damaged('it speaks of a file without a name')
  return { ...loaded, goodBytes: at, records, blocks }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

function restore(line: Line, graph: Graph): void {
  const [id, name, version, stamp, flags = 0, , previous = 0] = line
  const making = makingOf(line, graph)
  graph.restore(id, name, {
    version,
    stamp: stamp === 0 ? undefined : stamp,
    previous: making === undefined && previous !== 0 ? previous : undefined,
    making,
    overridden: (flags & flag.overridden) !== 0,
    orphaned: (flags & flag.orphaned) !== 0,
  })
}

function makingOf(line: Line, graph: Graph): Making | undefined {
  const [, , , , flags = 0, digest = 0, before = 0, took = 0, rule = 0, absent = [], pairs = [], logged = 0] =
    line
  if ((flags & flag.target) === 0) return undefined
  const inputs: FileNode[] = []
  const versions: number[] = []
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    inputs.push(graph.referred(pairs[at] as number))
    versions.push(pairs[at + 1] as number)
  }
  return {
    rule: graph.referred(rule),
    inputs,
    versions,
    absent: absent.map(id => graph.referred(id)),
    always: (flags & flag.always) !== 0,
    failed: (flags & flag.failed) !== 0,
    digest: digest === 0 ? undefined : digest,
    before: before === 0 ? undefined : before,
    took,
    logged: logged === 0 ? undefined : logged,
  }
}

function block(nodes: readonly FileNode[]): string {
  let text = ''
  for (const node of nodes) text += `${JSON.stringify(lineOf(node))}\n`
  return `#${Buffer.byteLength(text)} ${crc32(text).toString(16)}\n${text}`
}

function lineOf(node: FileNode): Line {
  const { id, name, version, stamp = 0, previous, making } = node
  if (making === undefined) {
    const flags = (node.overridden ? flag.overridden : 0) + (node.orphaned ? flag.orphaned : 0)
    if (previous !== undefined) return [id, name, version, stamp, flags, 0, previous]
    return flags > 0 ? [id, name, version, stamp, flags] : [id, name, version, stamp]
  }
  const flags = flag.target + (making.always ? flag.always : 0) + (making.failed ? flag.failed : 0)
  const pairs: number[] = []
  for (const [at, input] of making.inputs.entries()) pairs.push(input.id, making.versions[at] ?? 0)
  const { digest = 0, before = 0, took, rule, logged = 0 } = making
  return [
    id,
    name,
    version,
    stamp,
    flags,
    digest,
    before,
    took,
    rule.id,
    making.absent.map(file => file.id),
    pairs,
    logged,
  ]
}
