import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { textIfThere } from '../../core/text-if-there.ts'

/** All that is needed to set up a package's sandbox, now or again later: what sandbox.json holds. */
export interface SandboxSpec {
  /** NAME-VERSION-RELEASE, as people see it. */
  readonly label: string
  /** The packages' unpacked trees, in the order in which the first one wins. */
  readonly trees: readonly string[]
  /** Paths of the host that are shown too; for the bootstrap alone. */
  readonly host: readonly string[]
  /** What /sources holds. */
  readonly sources: readonly { readonly file: string; readonly path: string }[]
  /** Whether the work folder holds a `files` that is shown as /files. */
  readonly files: boolean
  /** A shell outside of the root that reads the script, because the root need not have one. */
  readonly shell?: string
}

const NAME = 'sandbox.json'

export const writeSpec = (work: string, spec: SandboxSpec): void =>
  writeFileSync(join(work, NAME), `${JSON.stringify(spec, undefined, 2)}\n`)

/** Undefined when there is no such work folder. */
export function readSpec(work: string): SandboxSpec | undefined {
  const text = textIfThere(join(work, NAME))
  return text === undefined ? undefined : (JSON.parse(text) as SandboxSpec)
}
