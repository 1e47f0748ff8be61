import type { Sha256 } from '../../core/digest.ts'

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
  if (lines.some(line => line.startsWith('host-path '))) return undefined
  return [
    'coolports-contentkey 1',
    ...lines.map(withoutHash),
    // A root has each tree once, where it comes first.
    ...[...new Set(closure)].map(digest => `tree ${digest}`),
    '',
  ].join('\n')
}

/**
 * A line of a key, of a dependency only what it is called. The recipe's own lines begin with `|`, so none of them is
 * taken for a dependency.
 */
export const withoutHash = (line: string): string =>
  line.replace(/^((?:run|build)-dep \S+) [0-9a-f]{64}$/, '$1')
