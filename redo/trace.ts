import type { Console } from './console.ts'

/**
 * Tells what a run does, a line at a time, to those who look for a fault. Where there is none, `?.`
 * saves even the making of the text.
 */
export type Trace = (text: string) => void

export interface Traces {
  /** What is decided about each file that is checked. */
  readonly checks: Trace | undefined
  /** The same with what was decided before, and with stamps. */
  readonly everything: boolean
  /** Waiting for, taking and giving up: the lock of the tree, tokens, targets. */
  readonly locks: Trace | undefined
}

export function tracesTo(
  console: Console,
  { debug, debugLocks }: { readonly debug: number; readonly debugLocks: boolean },
): Traces {
  const say: Trace = text => {
    console.line(`redo-debug: ${text}`)
    console.print()
  }
  return {
    checks: debug > 0 ? say : undefined,
    everything: debug > 1,
    locks: debugLocks ? say : undefined,
  }
}
