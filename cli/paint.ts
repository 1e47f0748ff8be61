import { Chalk, type ChalkInstance } from 'chalk'

/** Colours of stdout: on a terminal alone, and not where NO_COLOR forbids them. */
export const paint: ChalkInstance = new Chalk(
  process.env.NO_COLOR || !process.stdout.isTTY ? { level: 0 } : {},
)
