import { type EcmaScriptModule, parseSync, type StaticImport, type StaticImportEntry } from 'oxc-parser'

/** A module as the realm runs it. */
export interface Runnable {
  /** What it imports, as it is written, in the order of the parameters of `code`. */
  readonly imports: readonly string[]
  /** What it imports by name; `import * as` names nothing. */
  readonly names: readonly ImportedName[]
  /**
   * A function expression, from the imported modules to the default export. Its second line is the
   * first of the module, and what stood in a line and column stands there still.
   */
  readonly code: string
}

export interface ImportedName {
  /** The module, as it is written. */
  readonly specifier: string
  /** As the module exports it: 'default' for its default export. */
  readonly name: string
}

/** Why a text is no module that the realm can run. */
interface Unrunnable {
  readonly kind: 'syntax' | 'evaluation'
  /** Where that is seen, in UTF-16 code units. */
  readonly offset: number
  readonly why: string
}

/** Makes a function of a JavaScript module. Nothing is moved, so that places need no map. */
export function readJavaScript(text: string): Runnable | Unrunnable {
  const { errors, module } = parseSync('package.js', text, {
    lang: 'js',
    sourceType: 'module',
    showSemanticErrors: true,
  })
  const [error] = errors
  if (error) return { kind: 'syntax', offset: error.labels[0]?.start ?? 0, why: error.message }
  const { staticImports, staticExports, dynamicImports } = module
  const [dynamic] = dynamicImports
  if (dynamic)
    return { kind: 'evaluation', offset: dynamic.start, why: 'a manifest imports by declarations alone' }
  const exported = staticExports.map(exportOf)
  const other = exported.indexOf(undefined)
  if (other >= 0)
    return {
      kind: 'evaluation',
      offset: staticExports[other]?.start ?? 0,
      why: 'a manifest exports its package alone, as its default export',
    }
  const [result] = exported
  const parameters = staticImports.map((_, index) => `$${index}`).join(', ')
  return {
    imports: staticImports.map(({ moduleRequest }) => moduleRequest.value),
    names: staticImports.flatMap(({ moduleRequest, entries }) =>
      entries.flatMap(entry => {
        const name = nameOf(entry)
        return name === undefined ? [] : [{ specifier: moduleRequest.value, name }]
      }),
    ),
    code: [
      `function (${parameters}) { ${staticImports.map(bindings).join('')}let ${RESULT}`,
      withEdits(text, [
        // The semicolon keeps apart what stands before and after.
        ...staticImports.map(({ start, end }) => ({ start, end, by: ';' })),
        ...(result ? [result.edit] : []),
      ]),
      `return ${result?.name} }`,
    ].join('\n'),
  }
}

/** With ` =` no longer than `export default`, in whose place it stands. */
const RESULT = '$default'

/** Under which name the default export is found, once the text is edited so. Undefined for any other export. */
function exportOf({
  start,
  end,
  entries,
}: EcmaScriptModule['staticExports'][number]): { readonly name: string; readonly edit: Edit } | undefined {
  const [entry, more] = entries
  if (!entry || more || entry.moduleRequest) return undefined
  const { exportName, localName } = entry
  if (exportName.kind === 'Default' && exportName.end !== null)
    return { name: RESULT, edit: { start, end: exportName.end, by: `${RESULT} =` } }
  return exportName.name === 'default' && localName.name !== null
    ? { name: localName.name, edit: { start, end, by: ';' } }
    : undefined
}

/** Declares the names of an import; `$0` is the module that the first one names. */
function bindings({ entries }: StaticImport, index: number): string {
  return entries
    .map(entry => {
      const name = nameOf(entry)
      const member = name === undefined ? '' : `[${JSON.stringify(name)}]`
      return `const ${entry.localName.value} = $${index}${member}; `
    })
    .join('')
}

/** Under which name it is exported; undefined for `* as`, which is all of the module. */
function nameOf({ importName: { kind, name } }: StaticImportEntry): string | undefined {
  return kind === 'Default' ? 'default' : (name ?? undefined)
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly by: string
}

/** Replaces parts of a text by shorter ones, and fills up with blanks, so that the rest keeps line and column. */
function withEdits(text: string, edits: readonly Edit[]): string {
  let done = ''
  let at = 0
  for (const { start, end, by } of [...edits].sort((a, b) => a.start - b.start)) {
    done +=
      text.slice(at, start) + by + text.slice(start + by.length, end).replace(/[^\n\r\u2028\u2029]/g, ' ')
    at = end
  }
  return done + text.slice(at)
}
