import type { Env } from '../../core/env.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** What the user said about package caches in the environment. */
export interface Settings {
  /** Urls, in the order given, each once. */
  readonly urls: readonly string[]
  /** Refuses to build what no cache has. */
  readonly forceBinary: boolean
  /** How many builders have to have signed the same. */
  readonly quorum: number
  /** The share, from 0 to 1, of packages that are built all the same and compared. */
  readonly spotCheck: number
}

/** A word that is not understood is refused: these decide what is believed. */
export function readSettings(env: Env): Result<Settings, Message> {
  const bad = (name: string, want: string) =>
    refuse({ cannot: `use $${name}`, why: `${quoted(env[name] ?? '')} is not ${want}` })
  const force = env.PKG_FORCE_BINARY ?? ''
  const quorum = env.PKG_CACHE_QUORUM || '1'
  const share = parseShare(env.PKG_CACHE_SPOT_CHECK || '0')
  if (!['', 'no', '0', 'yes', '1'].includes(force)) return bad('PKG_FORCE_BINARY', 'yes or no')
  if (!/^[1-9]\d{0,2}$/.test(quorum)) return bad('PKG_CACHE_QUORUM', 'a number of builders above 0')
  if (share === undefined) return bad('PKG_CACHE_SPOT_CHECK', 'a share such as 5%')
  return ok({
    urls: cacheUrls(env),
    forceBinary: force === 'yes' || force === '1',
    quorum: Number(quorum),
    spotCheck: share,
  })
}

/** $PKG_CACHE_URL, or by its old name $PACKAGE_CACHE_URL: urls between blanks. */
export const cacheUrls = (env: Env): readonly string[] => [
  ...new Set((env.PKG_CACHE_URL || env.PACKAGE_CACHE_URL || '').split(/[ \t\n]+/).filter(url => url !== '')),
]

/** `5%`, `0.5%`, `0`. */
export function parseShare(text: string): number | undefined {
  const [, number] = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text) ?? (text === '0' ? ['', '0'] : [])
  return number === undefined || Number(number) > 100 ? undefined : Number(number) / 100
}
