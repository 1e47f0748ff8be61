/**
 * Waits for what may take for ever, as a file system of the network does whose server is gone; `tell` is called once, when
 * that has lasted for `ms` milliseconds the first time: who sees nothing happen is to know what is waited for.
 */
export function waiter(ms: number, tell: () => void): <Value>(awaited: Promise<Value>) => Promise<Value> {
  let isTold = false
  return async awaited => {
    const timer = setTimeout(() => {
      if (!isTold) tell()
      isTold = true
    }, ms)
    try {
      return await awaited
    } finally {
      clearTimeout(timer)
    }
  }
}
