import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { CID } from 'multiformats/cid'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { byCodeUnit } from '../../core/order.ts'
import { namesIfReadable, textIfReadable } from '../../core/readable.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { distfilePath } from '../../core/store.ts'
import { readingFault } from '../../core/system-error.ts'
import { writeWhole } from '../../core/whole-file.ts'
import type { Blocks } from '../block/block.ts'
import { digestOf } from '../block/cid.ts'
import { formatLayout, type Layout, type Leaf, layOut, leafBlock, leavesOf, parseLayout } from './layout.ts'

/**
 * The blocks of what lies here: the sources of the store, and folders that were named. Which blocks
 * there are is found out when the first one is asked for, and kept in the store (`ipfs/layouts/`), so that
 * each file is read once. The bytes stay where they are.
 */
export class Holdings implements Blocks {
  readonly #store: string
  readonly #paths: readonly string[]
  /** What each version of a file or folder is named; their blocks are among all the others. */
  readonly #known = new Map<string, CID>()
  readonly #leaves = new Map<string, { readonly file: string; readonly leaf: Leaf }>()
  readonly #nodes = new Map<string, Uint8Array>()
  readonly #note: (text: string) => void
  #looking: Promise<void> | undefined
  /** When looks would have had no more than their share of the time, on the clock of this process. */
  #restUntil = 0

  /** `paths` are files and folders beside the store's sources. */
  constructor(store: string, paths: readonly string[], note: (text: string) => void) {
    this.#store = store
    this.#paths = paths.map(path => resolve(path))
    this.#note = note
  }

  async get(cid: CID, signal: AbortSignal): ReturnType<Blocks['get']> {
    const digest = digestOf(cid)
    const block = (await this.#block(digest)) ?? (await this.#lookThenBlock(digest))
    if (signal.aborted) return refuse({ kind: 'aborted' })
    return block ? ok(block) : refuse({ kind: 'nowhere', cid: cid.toString(), tried: [] })
  }

  /** The CID of a source of the store. */
  async cidOf(sha256: Sha256): Promise<Result<CID, string>> {
    return this.#take(sha256, distfilePath(this.#store, sha256))
  }

  /** The CID of one of the paths. */
  async cidOfPath(path: string): Promise<Result<CID, string>> {
    const full = resolve(path)
    return this.#take(stampOf(full), full)
  }

  /** A peer tells all whom it knows what it wants: most of that is not here, and each question would be a look. */
  async #lookThenBlock(digest: string): Promise<Uint8Array | undefined> {
    const began = performance.now()
    if (!this.#looking && this.#restUntil - began > MOST_REST_MS) return undefined
    this.#looking ??= this.#look().finally(() => {
      const ended = performance.now()
      this.#restUntil = Math.max(this.#restUntil, ended) + Math.min(REST * (ended - began), MOST_REST_MS)
      this.#looking = undefined
    })
    await this.#looking
    return this.#block(digest)
  }

  async #block(digest: string): Promise<Uint8Array | undefined> {
    const node = this.#nodes.get(digest)
    if (node) return node
    const held = this.#leaves.get(digest)
    return held ? leafBlock(held.file, digest, held.leaf).catch(() => undefined) : undefined
  }

  /** Takes in what has come since the last time. */
  async #look(): Promise<void> {
    for (const name of namesIfReadable(join(this.#store, 'distfiles')))
      if (isSha256(name) && !this.#known.has(name)) await this.#take(name, distfilePath(this.#store, name))
    for (const path of this.#paths) {
      const taken = await this.#take(stampOf(path), path)
      if (!taken.ok) this.#note(`${path}: ${taken.error}`)
    }
  }

  async #take(key: string, path: string): Promise<Result<CID, string>> {
    const known = this.#known.get(key)
    if (known) return ok(known)
    const layout = await this.#layoutOf(key, path)
    if (!layout.ok) return layout
    this.#known.set(key, layout.value.root)
    for (const [digest, bytes] of layout.value.nodes) this.#nodes.set(digest, bytes)
    for (const [digest, leaf] of leavesOf(layout.value))
      this.#leaves.set(digest, { file: leaf.path === '' ? path : join(path, leaf.path), leaf })
    return ok(layout.value.root)
  }

  async #layoutOf(key: string, path: string): Promise<Result<Layout, string>> {
    const file = layoutPath(this.#store, key)
    const kept = parseLayout(textIfReadable(file) ?? '')
    if (kept) return ok(kept)
    try {
      const layout = await layOut(path)
      if (layout.ok) keep(file, formatLayout(layout.value), this.#note)
      return layout
    } catch (error) {
      return refuse(readingFault(error))
    }
  }
}

/** For how many times as long as it took nobody looks again, once looks have taken more than their share. */
const REST = 10

/** What looks may take beyond their share, in rest; a folder that is read anew counts as no more. */
const MOST_REST_MS = 5000

/** Which blocks a file consists of, by the sha256 of the file; or a folder, by a digest of its names, sizes and times. */
const layoutPath = (store: string, key: string): string => join(store, 'ipfs', 'layouts', key)

/** Changes when a file or a folder does. A mistake would cost a block that cannot be given, never a false one. */
function stampOf(path: string): string {
  const hash = createHash('sha256')
  const add = (name: string): void => {
    const stat = lstatSync(name, { bigint: true, throwIfNoEntry: false })
    hash.update(`${JSON.stringify(name)} ${stat?.size} ${stat?.mtimeNs} ${stat?.ino}\n`)
    if (stat?.isDirectory())
      for (const below of [...namesIfReadable(name)].sort(byCodeUnit)) add(join(name, below))
  }
  add(path)
  return hash.digest('hex')
}

/** It only saves time: a store that takes no more is no trouble. */
function keep(path: string, text: string, note: (text: string) => void): void {
  try {
    makeFolders(dirname(path))
    writeWhole(path, text)
  } catch (error) {
    note(`the CIDs are not kept in the store: ${(error as NodeJS.ErrnoException).code}`)
  }
}
