import { lstatSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { quoted } from '../core/message.ts'
import { Logs } from './logs.ts'
import { Rules } from './rules.ts'
import { leadsToFile } from './stamp.ts'
import { type FileName, Tree } from './tree.ts'

/**
 * Why a script may not depend on a file that another tree has built: here it would be a source, and nobody would know
 * when it is out of date. A file that has no rule there, or was written since, is a source there, too.
 */
export function refusalElsewhere(tree: Tree, name: FileName): string | undefined {
  const other = tree.other(name)
  if (other === undefined) return undefined
  const file = tree.absolute(name)
  const target = relative(other, file)
  const built = new Logs(join(other, '.redo', 'log')).time(target)
  if (built === undefined) return undefined
  const written = lstatSync(file, { throwIfNoEntry: false })?.mtimeMs
  if (written !== undefined && written > built) return undefined
  const isThere = (doFile: FileName): boolean =>
    leadsToFile(isAbsolute(doFile) ? doFile : join(other, doFile))
  if (new Rules(new Tree(other)).find(target, isThere) === undefined) return undefined
  const fact = `cannot build ${quoted(name)}: it is a target of the tree ${quoted(other)}`
  return `${fact}; to have it built here, remove it and ${quoted(join(other, '.redo'))}`
}
