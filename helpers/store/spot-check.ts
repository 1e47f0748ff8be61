import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSha256, type Sha256, sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { parseRecfile, value, values } from '../../core/recfile.ts'
import { writeWhole } from '../../core/whole-file.ts'

/** What a cache says a package's tar is, and who signed it. */
export interface Claim {
  readonly tar: Sha256
  readonly builders: readonly string[]
  readonly place: string
}

/**
 * Whether a package is among the share (0 to 1) that is built although a cache has it. With a salt that
 * is made anew for each run, no cache can tell which ones are looked at.
 */
export function isSpotChecked(hash: Sha256, share: number, salt: string): boolean {
  return Number.parseInt(sha256(`${salt} ${hash}`).slice(0, 8), 16) < share * 2 ** 32
}

/** Has the next build of this package compared with what a cache says. */
export function expectSame(store: string, hash: Sha256, { tar, builders, place }: Claim): void {
  const path = claimPath(store, hash)
  makeFolders(dirname(path))
  const lines = [`tar_sha256: ${tar}`, ...builders.map(one => `builder: ${one}`), `place: ${place}`, '']
  writeWhole(path, lines.join('\n'))
}

/** Whether the next build of this package is to be compared, so that nothing may stand in for it. */
export const awaitsComparison = (store: string, hash: Sha256): boolean => existsSync(claimPath(store, hash))

/**
 * Compares a build with what a cache said of the same key, if that was asked for: answers with the
 * claim that turned out wrong. It is remembered, and this package is taken from no cache any more.
 */
export function findDifference(store: string, hash: Sha256, tar: Sha256): Claim | undefined {
  const path = claimPath(store, hash)
  if (!existsSync(path)) return undefined
  const claim = readClaim(path)
  if (claim && claim.tar !== tar) {
    renameSync(path, disprovedPath(store, hash))
    return claim
  }
  rmSync(path, { force: true })
  return undefined
}

/** A claim about this package that a build here has disproved. */
export const disprovedClaim = (store: string, hash: Sha256): Claim | undefined =>
  existsSync(disprovedPath(store, hash)) ? readClaim(disprovedPath(store, hash)) : undefined

const claimPath = (store: string, hash: Sha256): string => join(store, 'spot-checks', hash)
export const disprovedPath = (store: string, hash: Sha256): string =>
  join(store, 'spot-checks', `${hash}.disproved`)

function readClaim(path: string): Claim | undefined {
  const [record] = parseRecfile(readFileSync(path, 'utf8')).records
  const tar = record && value(record, 'tar_sha256')
  if (!record || !tar || !isSha256(tar)) return undefined
  return { tar, builders: values(record, 'builder'), place: value(record, 'place') ?? '' }
}
