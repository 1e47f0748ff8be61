import { isSha256, type Sha256 } from '../../core/digest.ts'
import { byCodeUnit } from '../../core/order.ts'
import { parseRecfile, value } from '../../core/recfile.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** A package that was built twice and came out the same. */
export interface Reproduced {
  readonly package: string
  readonly pkghash: Sha256
  /** Of the package's tar. */
  readonly sha256: Sha256
  /** What was different, in words. Older records do not say. */
  readonly varied: readonly string[]
}

const FIELDS = ['package', 'pkghash', 'sha256', 'varied']

/**
 * Refuses what reproducedText() would not have written, with its line counted from 1, lest it be lost when the file
 * is written anew.
 */
export function readReproduced(text: string): Result<readonly Reproduced[], { readonly line: number }> {
  const { records, problems } = parseRecfile(text)
  const [problem] = problems
  if (problem) return refuse({ line: problem.line })
  if (text !== '' && !/^%rec: reproduced$/m.test(text)) return refuse({ line: 1 })
  const all: Reproduced[] = []
  for (const record of records) {
    const [name = '', pkghash = '', digest = '', varied = ''] = FIELDS.map(field => value(record, field))
    const names = record.fields.map(([field]) => field)
    const isOurs = names.every((field, index) => FIELDS.includes(field) && names.indexOf(field) === index)
    if (!isOurs || name === '' || !isSha256(pkghash) || !isSha256(digest))
      return refuse({ line: record.line })
    all.push({ package: name, pkghash, sha256: digest, varied: varied.split(', ').filter(Boolean) })
  }
  return ok(all)
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
