import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { quoted } from '../core/message.ts'
import type { FileName } from './tree.ts'

/**
 * What is told about a name that neither a file nor a rule stands for: the fact, then, if the rules are of the kind
 * that a manifest beside the target is turned into, which there are, or what to do. Call it at the top of the tree.
 */
export function unknownTarget(name: FileName): readonly [fact: string, ...rest: readonly string[]] {
  const fact = `cannot build ${quoted(name)}: there is ${existsSync(name) ? 'no' : 'neither such a file nor a'} .do for it`
  const manifest = join(dirname(name), 'package.ts')
  if (!basename(name).startsWith('.') || !existsSync(manifest)) return [fact]
  const rules = readdirSync(dirname(name)).flatMap(file => /^(\..+)\.do$/.exec(file)?.[1] ?? [])
  if (rules.length > 0) return [fact, `beside it are rules for ${rules.sort().join(' ')}`]
  return [fact, `there is ${quoted(manifest)}, of which no rule was emitted`, 'run: npx coolports-gen']
}
