import type { Extract, Pack } from 'tar-stream'

/** Waits until a stream takes more, or nobody reads it any more. */
export const drained = (stream: Extract | ReturnType<Pack['entry']>): Promise<void> =>
  new Promise(resolve => {
    if (stream.destroyed) return resolve()
    const done = (): void => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
