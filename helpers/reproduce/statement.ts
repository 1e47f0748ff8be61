import { spawnSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { machine } from 'node:os'
import { basename } from 'node:path'
import { type Sha256, sha256 } from '../../core/digest.ts'

/** What a seed was made from, and what came of it. */
interface Statement {
  /** The package that was built. */
  readonly from: string
  /** Programs of the host that made the first tier; none when the seed made itself. */
  readonly compilers: readonly string[]
  readonly parts: readonly { readonly name: string; readonly hash: Sha256; readonly sha256: Sha256 }[]
  /** The tar's digests: of the seed in the tree, and of what was made. */
  readonly pinned: Sha256
  readonly made: Sha256
}

/**
 * A recutils file: one record of the whole, and one for each package that took part. It has no time
 * and no name of a host, so two statements of the same work on the same system are the same text.
 */
export function statementText({ from, compilers, parts, pinned, made }: Statement): string {
  return [
    '%rec: seed_statement\n',
    [
      `made_from: ${from}`,
      ...compilers.flatMap(compilerLines),
      `system: ${systemName()}`,
      `machine: ${machine()}`,
      `pinned_sha256: ${pinned}`,
      `made_sha256: ${made}`,
      `verdict: ${pinned === made ? 'the same' : 'different'}`,
      '',
    ].join('\n'),
    '%rec: seed_part\n%key: package\n',
    ...parts.map(part => `package: ${part.name}\npkghash: ${part.hash}\nsha256: ${part.sha256}\n`),
  ].join('\n')
}

function compilerLines(program: string): readonly string[] {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  const file = realpathSync(program)
  return [
    `compiler: ${basename(program)}: ${stdout.split('\n')[0] ?? ''}`,
    `compiler_sha256: ${sha256(readFileSync(file))} ${basename(file)}`,
  ]
}

function systemName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
    return name ?? 'unknown'
  } catch {
    return 'unknown'
  }
}
