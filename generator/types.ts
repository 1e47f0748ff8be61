import type { Message as EsbuildMessage, TransformFailure } from 'esbuild'
import { parseSync } from 'oxc-parser'
import type { Place } from '../core/message.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Problem } from './problem.ts'

/**
 * Whether a text that passes for JavaScript has types in it all the same: the `f<A>(b)` of TypeScript
 * would be two comparisons.
 */
export function hasTypes(text: string): boolean {
  if (!/<.*>/s.test(text)) return false
  const { program } = parseSync('package.ts', text, { lang: 'ts', sourceType: 'module' })
  return JSON.stringify(program).includes('"type":"TS')
}

/**
 * Makes JavaScript of a manifest in TypeScript. What it imports stays, but for what it says is a type;
 * on demand without the names that are used for no value.
 */
export async function withoutTypes(
  path: string,
  text: string,
  imports: 'all' | 'used' = 'all',
): Promise<Result<string, readonly Problem[]>> {
  const { transform } = await import('esbuild')
  const options = imports === 'all' ? OPTIONS : { ...OPTIONS, tsconfigRaw: {} }
  try {
    return ok((await transform(text, { ...options, sourcefile: path })).code)
  } catch (error) {
    return refuse(((error as TransformFailure).errors ?? []).map(syntaxProblem))
  }
}

/** Leads from a place in what `withoutTypes` made of a text back into the text. */
export async function withTypes(text: string, place: Place): Promise<Place> {
  const [{ transform }, { originalPositionFor, TraceMap }] = await Promise.all([
    import('esbuild'),
    import('@jridgewell/trace-mapping'),
  ])
  const { map } = await transform(text, { ...OPTIONS, sourcefile: place.file, sourcemap: 'external' })
  const { line, column } = originalPositionFor(new TraceMap(map), {
    line: place.line,
    column: place.column - 1,
  })
  return { file: place.file, line: line ?? 1, column: (column ?? 0) + 1 }
}

/** No tsconfig.json has a say in them, for none is an input of a package. */
const OPTIONS = {
  loader: 'ts',
  format: 'esm',
  target: 'node20',
  charset: 'utf8',
  logLevel: 'silent',
  logLimit: 0,
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
} as const

function syntaxProblem(message: EsbuildMessage): Problem {
  const at: Place = {
    file: message.location?.file ?? 'pkg',
    line: message.location?.line ?? 1,
    column: (message.location?.column ?? 0) + 1,
  }
  return { kind: 'syntax', at, text: message.text }
}
