import type { Script } from './manifest.ts'

/**
 * A manifest gave the manifest API a value of the wrong kind. Manifests are run without a look at their
 * types, and such a value would end as a script that is wrong in silence. Thrown, for it is the manifest
 * that has the bug: it is refused at the line of the call.
 */
export class Misuse extends Error {
  /** What to do about it, where that is known. */
  readonly remedy: string | undefined

  constructor(why: string, remedy?: string) {
    super(why)
    this.remedy = remedy
  }
}

export const isScript = (value: unknown): value is Script =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Script>).script === 'string'

/** A script, as `what` has to be one. */
export function needScript(what: string, value: unknown): Script {
  if (isScript(value)) return value
  throw new Misuse(`${what} is ${kindOf(value)}, not a script`, 'write it as sh`…`')
}

/** What a value is, for a message. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (isScript(value)) return 'a script'
  return Array.isArray(value) ? 'a list' : 'an object'
}
