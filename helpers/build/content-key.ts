import type { Sha256 } from '../../core/digest.ts'
import { dependencyIn, dependencyLine, hostPathLine } from '../../core/pkgkey.ts'

/**
 * All that a package's bytes depend on, with what its dependencies are in place of how they were made: the
 * lines of its key, but for the hashes of dependencies, and the tars of its build closure in their order. Its
 * sha256 is the content key: two builds of one content key see the same and run the same, whatever their
 * pkghashes. See doc/decisions/0011.
 *
 * Undefined where a build sees paths of the host, as nothing says what lies there.
 */
export function contentKey(key: string, closure: readonly Sha256[]): string | undefined {
  const lines = key.replace(/\n$/, '').split('\n')
  if (lines.some(line => line.startsWith(hostPathLine('')))) return undefined
  return [
    'coolports-contentkey 1',
    ...lines.map(withoutHash),
    // A root has each tree once, where it comes first.
    ...[...new Set(closure)].map(digest => `tree ${digest}`),
    '',
  ].join('\n')
}

function withoutHash(line: string): string {
  const dependency = dependencyIn(line)
  return dependency ? dependencyLine(dependency.kind, dependency.name) : line
}
