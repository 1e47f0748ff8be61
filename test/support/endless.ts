import type { ServerResponse } from 'node:http'

/** Sends on until the other side hangs up. `sent` is told of the bytes of each chunk. */
export function sendWithoutEnd(
  response: ServerResponse,
  chunk: Buffer = Buffer.alloc(65_536),
  sent: (bytes: number) => void = () => {},
): void {
  const more = (): void => {
    if (response.destroyed) return
    sent(chunk.length)
    // Where a write is done at once (node 26), one after the other would leave no turn in which the end is heard of.
    response.write(chunk, error => error || setImmediate(more))
  }
  more()
}
