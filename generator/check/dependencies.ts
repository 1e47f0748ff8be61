import { nearestPackage } from '../nearest-package.ts'
import type { Edge } from '../package.ts'
import type { Fields, Path, Reader } from './reader.ts'

/** The names of dependencies, and those of them that are packages of the tree. */
interface Dependencies {
  readonly names: readonly string[]
  readonly edges: readonly Edge[]
}

/** What a field lists; of the packages of the tree, `known`, each once. */
export function readDependencies(
  reader: Reader,
  known: ReadonlySet<string>,
  field: string,
  value: unknown,
): Dependencies {
  const names = reader.texts([field], value)
  const edges = names.flatMap((name, index) => {
    // What is no text was told before.
    if (name === '') return []
    const edge = readEdge(reader, known, name, [field, index])
    if (names.indexOf(name) < index) reader.field([field, index], `"${name}" is named twice`)
    return edge
  })
  return { names, edges }
}

/** What the build system says that it runs; the manifest says it by naming the build system. */
export const impliedDependencies = (
  reader: Reader,
  known: ReadonlySet<string>,
  names: readonly string[] = [],
): Dependencies => ({
  names,
  edges: names.flatMap(name => readEdge(reader, known, name, ['build'])),
})

/** Whether the packages that it names hold a shell, is not to be seen before they are built. */
export function tellNoShell(reader: Reader, { buildDeps }: Fields): void {
  // Of what is no list was told before.
  if (buildDeps !== undefined && !Array.isArray(buildDeps)) return
  const path = buildDeps === undefined ? ['build'] : ['buildDeps']
  reader.field(path, 'no package gives the build a shell', "add buildDeps: ['seed']")
}

function readEdge(reader: Reader, known: ReadonlySet<string>, to: string, path: Path): readonly Edge[] {
  if (known.has(to)) return [{ to, path }]
  const near = nearestPackage(to, known)
  const at = reader.at(path)
  reader.problems.push({ kind: 'unknown-dependency', at, name: to, ...(near ? { nearest: near } : {}) })
  return []
}
