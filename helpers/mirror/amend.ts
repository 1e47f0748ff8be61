import { dirname, join } from 'node:path'
import { makeFolders } from '../../core/folders.ts'
import { type Message, quoted } from '../../core/message.ts'
import type { RecProblem } from '../../core/recfile.ts'
import type { Result } from '../../core/result.ts'
import { isSystemError } from '../../core/system-error.ts'
import { textIfThere } from '../../core/text-if-there.ts'
import { writeWhole } from '../../core/whole-file.ts'

/**
 * Changes a file of recutils records in a tree, such as `mirrors/ipfs`, if it has to change; it is there whole, the old or
 * the new one. `change` gets an empty text where there is no file. Answers why it was not done.
 */
export function amendRecords(
  tree: string,
  file: string,
  change: (text: string) => Result<string, readonly RecProblem[]>,
): readonly Message[] {
  const path = join(tree, file)
  try {
    const before = textIfThere(path) ?? ''
    const after = change(before)
    if (!after.ok) return after.error.map(problem => unreadable(file, problem))
    if (after.value === before) return []
    makeFolders(dirname(path))
    writeWhole(path, after.value)
    return []
  } catch (error) {
    if (!isSystemError(error)) throw error
    return [{ cannot: `write ${file}`, why: error.code }]
  }
}

const unreadable = (file: string, { line, text }: RecProblem): Message => ({
  cannot: 'write records',
  why: `${quoted(text)} is no field (NAME: VALUE)`,
  at: { file, line, column: 1 },
})
