import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { leadsToFile } from './stamp.ts'

/**
 * `$0` and `$$` are others in a shell that stays, and so is what `command -v redo-ifchange` prints there: an alias. Where
 * it prints to /dev/null, as is usual, the status is all that counts. And `set -x` would show the insides of our functions.
 */
const telling =
  /\$\{?[0$]|\bset[ \t][^;&|\n]{0,200}?(?:-\w*x|xtrace)|\bcommand\s+-[vV]\s+["']?(?:redo|\$)(?![^;&|)`\n]*\s1?>\s*\/dev\/null)/

/**
 * Of more loops than the script is in, it may be that of the shell that stays, and the script ends there. And under a limit
 * a file that our part of the script writes could end it.
 */
const reaching = /\b(?:break|continue|ulimit)\b/

/** `. FILE` where a command can stand; people keep functions and settings of many scripts in such a file. */
const sourcing =
  /(?:^|[;&|({)!`]|\b(?:if|elif|then|else|while|until|do|command)[ \t]|\beval[ \t]+["']?)[ \t]*\\?\.[ \t]+([^\s;&|)]+)/gm

const comment = /^[ \t]*#.*$/gm

/** Text for another program, as it stands. */
const hereDocument = /<<-?[ \t]*'(\w+)'.*\n(?:.*\n)*?[ \t]*\1$/gm
const textOfVariable = /^\w+='(?:[^']|'\\'')*'$/gm

/** What it asks for is to see what it exports, for itself or for one command; a shell that stays does not hand that over. */
const exporting =
  /\bexport\b|\ballexport\b|\bset[ \t]+-\w*a|\b(?:declare|typeset)[ \t]+-\w*x|\w=\S*[ \t]+redo-ifchange\b/

interface Wish {
  /** It tells shells apart, or exports something, or sources what does. */
  readonly isWanted: boolean
  /** What it asks for is to see its environment: it exports something, or sources what does, or what we cannot read. */
  readonly exports: boolean
  /** It sources what is not there yet: next time the answer may be another. */
  readonly isEarly: boolean
}

/** Whether a script that runs in a folder wants a shell of its own. */
export function wantsOwnShell(text: string, folder: string): Wish {
  const texts = [text]
  const seen = new Set<string>()
  let isWanted = false
  let exports = false
  let isEarly = false
  for (let one = texts.pop(); one !== undefined; one = texts.pop()) {
    const commands = one.replace(comment, '')
    isWanted ||= telling.test(commands) || isIn(commands, reaching)
    exports ||= isIn(commands, exporting)
    for (const [, word = ''] of commands.matchAll(sourcing)) {
      const name = word.replace(/^(["'])(.*)\1$/, '$2')
      const file = resolve(folder, name)
      if (seen.has(file)) continue
      seen.add(file)
      // Without a slash it is looked for on PATH.
      const isPlain = /^[^"'$`\\]*\/[^"'$`\\]*$/.test(name)
      const found = isPlain ? textOf(file) : undefined
      if (!isPlain) exports = true
      else if (found !== undefined) texts.push(found)
      else isEarly = exports = true
    }
  }
  return { isWanted: isWanted || exports, exports, isEarly }
}

/** Texts are looked for only where that can matter: of many that do not end each is read to the end of all. */
function isIn(commands: string, what: RegExp): boolean {
  return what.test(commands) && what.test(commands.replace(hereDocument, '').replace(textOfVariable, ''))
}

/** Not of a fifo or a terminal, which is not ours to read. */
function textOf(file: string): string | undefined {
  try {
    return leadsToFile(file) ? readFileSync(file, 'utf8') : undefined
  } catch {
    return undefined
  }
}
