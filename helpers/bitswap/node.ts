import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { treeRoot } from '../../core/store.ts'

/** A node of libp2p: encrypted connections to peers, and streams of bytes within them. */
export interface PeerNode {
  /** Where it can be reached, with its own name; none where it does not listen. */
  readonly addresses: readonly string[]
  /** Gives the streams that others open. */
  handle(protocol: string, take: (stream: PeerStream, connection: PeerConnection) => void): Promise<void>
  dial(address: string, signal: AbortSignal): Promise<PeerConnection>
  stop(): Promise<void>
}

export interface PeerConnection {
  /** The name of the peer, a digest of its key. */
  readonly peer: string
  readonly isOpen: boolean
  open(protocol: string, signal: AbortSignal): Promise<PeerStream>
  onClose(listener: () => void): void
  abort(): void
}

export interface PeerStream extends AsyncIterable<Uint8Array> {
  /** Whether it still takes what is sent. */
  readonly isOpen: boolean
  /** Waits while the peer does not read. */
  send(bytes: Uint8Array, signal: AbortSignal): Promise<void>
  close(signal: AbortSignal): Promise<void>
  abort(): void
}

export interface NodeOptions {
  /** Multiaddrs. */
  readonly listen: readonly string[]
  /** An ed25519 key in its raw form: 32 bytes of the secret, 32 of the public key. A new one without. */
  readonly key?: Uint8Array
  readonly connectMs: number
}

/** Starts a node. Its packages are loaded here, late and not from the bundle: they are there for those who want them. */
export async function startNode(options: NodeOptions): Promise<PeerNode> {
  const module = (await import(pathToFileURL(join(treeRoot(), FOLDER, 'node.mjs')).href)) as {
    readonly startNode: (options: NodeOptions) => Promise<PeerNode>
  }
  return module.startNode(options)
}

export const isInstalled = (): boolean =>
  existsSync(join(treeRoot(), FOLDER, 'node_modules/.package-lock.json'))

export const NOT_INSTALLED = {
  why: 'the npm packages for it are not installed',
  remedy: 'run, in the tree: npm ci --omit=dev --prefix helpers/libp2p',
}

const FOLDER = 'helpers/libp2p'
