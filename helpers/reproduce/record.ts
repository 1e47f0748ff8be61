import { isSha256, type Sha256 } from '../../core/digest.ts'
import { byCodeUnit } from '../../core/order.ts'
import { parseRecfile, value } from '../../core/recfile.ts'

/** A package that was built twice and came out the same. */
export interface Reproduced {
  readonly package: string
  readonly pkghash: Sha256
  /** Of the package's tar. */
  readonly sha256: Sha256
  /** What was different, in words. Older records do not say. */
  readonly varied: readonly string[]
}

export function readReproduced(text: string): readonly Reproduced[] {
  return parseRecfile(text).records.flatMap(record => {
    const [name, pkghash, sha256] = ['package', 'pkghash', 'sha256'].map(field => value(record, field) ?? '')
    const varied = (value(record, 'varied') ?? '').split(', ').filter(Boolean)
    return name && pkghash && sha256 && isSha256(pkghash) && isSha256(sha256)
      ? [{ package: name, pkghash, sha256, varied }]
      : []
  })
}

/** As a recutils file, sorted by the names of the packages. */
export const reproducedText = (all: readonly Reproduced[]): string =>
  [
    '# Packages that were built twice, differently, and came out the same. Made by bin/reproduce --record.\n%rec: reproduced\n%key: package\n',
    ...[...all]
      .sort((a, b) => byCodeUnit(a.package, b.package))
      .map(
        ({ package: name, pkghash, sha256, varied }) =>
          `package: ${name}\npkghash: ${pkghash}\nsha256: ${sha256}\n${varied.length > 0 ? `varied: ${varied.join(', ')}\n` : ''}`,
      ),
  ].join('\n')
