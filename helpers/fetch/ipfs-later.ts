import type { IpfsReader, ipfsReader } from './ipfs.ts'

/** A reader of sources by CID that is loaded when the first is asked for, and is one for a run. */
export interface LaterReader {
  readonly open: () => Promise<IpfsReader>
  /** Ends it, if it was ever loaded. */
  readonly close: () => Promise<void>
}

export function ipfsLater(...asked: Parameters<typeof ipfsReader>): LaterReader {
  let reader: Promise<IpfsReader> | undefined
  return {
    open() {
      reader ??= import('./ipfs.ts').then(module => module.ipfsReader(...asked))
      return reader
    },
    close: async () => (await reader)?.close(),
  }
}
