import { parseSync } from 'oxc-parser'
import type { Place } from '../core/message.ts'

type Node = {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/**
 * Finds where a manifest says the value at `path` (['sources', 0, 'sha256']); where it is not to be
 * seen in the text (a computed value), the nearest that can be seen. Used for messages alone, so
 * the parser is paid for only when something is wrong.
 */
export function locate(file: string, text: string, path: readonly (string | number)[]): Place {
  const program = parseSync(file, text).program as unknown as { readonly body: readonly Node[] }
  const exported = program.body.find(node => node.type === 'ExportDefaultDeclaration')
  if (!exported) return placeAt(file, text, 0)
  let node = bare(exported.declaration as Node)
  let found: Node = node ?? exported
  for (const key of path) {
    const inner = node && member(node, key)
    if (!inner) break
    found = inner
    node = bare(inner)
  }
  return placeAt(file, text, found.start)
}

/** Finds the import of a module in a manifest; of several the first, or the one that asks for `name`. */
export function locateImport(file: string, text: string, specifier: string, name?: string): Place {
  const program = parseSync(file, text).program as unknown as { readonly body: readonly Node[] }
  const declaration = program.body.find(
    node =>
      (node.source as { value?: string } | undefined)?.value === specifier &&
      (name === undefined || asksFor(node, name)),
  )
  const source = declaration?.source as Node | undefined
  const written = Math.max(text.indexOf(`'${specifier}'`), text.indexOf(`"${specifier}"`), 0)
  return placeAt(file, text, source?.start ?? written)
}

const asksFor = ({ specifiers }: Node, name: string): boolean =>
  ((specifiers ?? []) as readonly Node[]).some(({ type, imported }) => {
    const asked = imported as { name?: string; value?: string } | undefined
    return type === 'ImportDefaultSpecifier' ? name === 'default' : (asked?.name ?? asked?.value) === name
  })

/** The place of an offset, in UTF-16 code units, of a text. */
export function placeAt(file: string, text: string, offset: number): Place {
  const before = text.slice(0, offset)
  const newline = before.lastIndexOf('\n')
  return { file, line: before.split('\n').length, column: offset - newline }
}

/** The object or list itself: without the call of definePackage, `as const`, `satisfies`. */
function bare(node: Node): Node | undefined {
  if (node.type === 'CallExpression')
    return bare((node.arguments as readonly Node[])[0] ?? (node.callee as Node))
  if (node.type.startsWith('TS') && node.expression) return bare(node.expression as Node)
  return node
}

function member(node: Node, key: string | number): Node | undefined {
  if (node.type === 'ObjectExpression') {
    for (const property of node.properties as readonly Node[]) {
      const name = property.key as { name?: string; value?: string } | undefined
      if (name && (name.name === key || name.value === key)) return property.value as Node
    }
  }
  if (node.type === 'ArrayExpression') return (node.elements as readonly Node[])[Number(key)]
  return undefined
}
