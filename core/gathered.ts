/** All the bytes in one piece; undefined where there are more than `most`, whose rest is left. What they throw is thrown. */
export async function gathered(chunks: AsyncIterable<Uint8Array>, most: number): Promise<Buffer | undefined> {
  const all: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > most) return undefined
    all.push(chunk)
  }
  return Buffer.concat(all)
}
