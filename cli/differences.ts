import type { Variation } from '../helpers/reproduce/variation.ts'
import { print, shown } from './output.ts'

/** Prints in what two package files differ. `variations`: in what their builds are known to have differed. */
export async function tellDifferences(
  here: string,
  there: string,
  variations: readonly Variation[] = [],
): Promise<void> {
  const [{ comparePackages }, { differenceLines }] = await Promise.all([
    import('../helpers/reproduce/compare.ts'),
    import('../helpers/reproduce/difference.ts'),
  ])
  for await (const difference of comparePackages(here, there, variations))
    for (const line of differenceLines(difference)) print(`  ${shown(line)}`)
}
