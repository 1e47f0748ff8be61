/** Does the work for all items, for at most `count` at a time, in their order. */
export async function atMost<Item>(
  count: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values() // shared: each worker takes the next one
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(count, items.length)) }, worker))
}
