import { join } from 'node:path'
import { KEY_FILE, type Key, readKey } from '../core/key-file.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { type Refusal, trouble } from './output.ts'

/** The key of a package as redo has just made it; refused where somebody wrote into its file, which redo then leaves alone. */
export function presentKey(tree: string, name: string): Result<Key, Refusal> {
  const file = `pkg/${name}/${KEY_FILE}`
  const key = readKey(join(tree, file))
  if (key?.ok) return ok(key.value)
  return refuse(
    trouble({
      cannot: `read ${file}`,
      why: key?.error ?? 'it does not exist',
      remedy: `rm -f ${file} has it made again`,
    }),
  )
}
