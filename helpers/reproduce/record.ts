import { isSha256, type Sha256 } from '../../core/digest.ts'
import { byCodeUnit } from '../../core/order.ts'
import { parseRecfile, value } from '../../core/recfile.ts'

/** A package that was built twice and came out the same. */
export interface Reproduced {
  readonly package: string
  readonly pkghash: Sha256
  /** Of the package's tar. */
  readonly sha256: Sha256
}

export function readReproduced(text: string): readonly Reproduced[] {
  return parseRecfile(text).records.flatMap(record => {
    const [name, pkghash, sha256] = ['package', 'pkghash', 'sha256'].map(field => value(record, field) ?? '')
    return name && pkghash && sha256 && isSha256(pkghash) && isSha256(sha256)
      ? [{ package: name, pkghash, sha256 }]
      : []
  })
}

/** As a recutils file, sorted by the names of the packages. */
export const reproducedText = (all: readonly Reproduced[]): string =>
  [
    '# Packages that were built twice, differently, and came out the same. Made by bin/reproduce --record.\n%rec: reproduced\n%key: package\n',
    ...[...all]
      .sort((a, b) => byCodeUnit(a.package, b.package))
      .map(one => `package: ${one.package}\npkghash: ${one.pkghash}\nsha256: ${one.sha256}\n`),
  ].join('\n')
