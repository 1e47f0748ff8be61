import type { Sha256 } from '../../core/digest.ts'
import { KEY_FILE } from '../../core/key-file.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { storeRoot } from '../../core/store.ts'
import type { Comparison } from '../../helpers/cache/challenge.ts'
import type { TrustedKey } from '../../helpers/cache/trust.ts'
import { command, jsonOption, LIST, packagesOption } from '../command.ts'
import { bringUpToDate } from '../door.ts'
import { findAll } from '../find.ts'
import { complain, json, print, trouble } from '../output.ts'
import { paint } from '../paint.ts'
import { presentKey } from '../present-key.ts'

/**
 * JSON: a list of `{ name, pkghash, local, statements, troubles, differing }`, where `local` is null or
 * `{ tar_sha256, built }`, `statements` a list of `{ place, builder, key, version, tar_sha256, gz_sha256,
 * size, expires, expired }`, `troubles` a list of `{ place, builder, why }`, `differing` a list of builders.
 */
export const challenge = command({
  usage: 'challenge <packages..>',
  about: 'Show who built what, in all package caches, and name who differs',
  details:
    'Asks the caches of $PKG_CACHE_URL for what the trusted keys signed about a package as it is now, and compares with the build here, if there is one; else with what most say.\nExit status: 0 all say the same, 1 somebody differs, 2 no cache says anything, or trouble.',
  examples: [
    ['coolports challenge make zlib', 'does everybody get the same bytes?'],
    ['coolports challenge make --key bob.pub', 'what does somebody say whom you do not trust?'],
  ],
  options: yargs =>
    jsonOption(packagesOption(yargs)).option('key', {
      ...LIST,
      default: [],
      describe: 'one more public key, or a file with one; it is not trusted by this',
    }),
  run: async args => {
    const [{ cacheUrls }, { closePlaces, openPlaces }, { dayOf }, compare] = await Promise.all([
      import('../../helpers/cache/settings.ts'),
      import('../../helpers/cache/open-places.ts'),
      import('../../helpers/cache/record.ts'),
      import('../../helpers/cache/challenge.ts'),
    ])
    const names = findAll(args.tree, args.packages)
    if (!names.ok) return complain(names.error)
    const keys = await allKeys(args.key)
    if (!keys.ok) return complain(trouble(keys.error))
    const { places, faults } = await openPlaces(cacheUrls(process.env), process.env)
    for (const { message } of faults) complain(trouble(message))
    if (places.length === 0 && faults.length > 0) return 2
    if (places.length === 0)
      return complain(
        trouble({ cannot: 'ask anybody', why: 'no package cache is named', remedy: 'set PKG_CACHE_URL' }),
      )
    const made = await bringUpToDate(
      args.tree,
      names.value.map(name => `pkg/${name}/${KEY_FILE}`),
    )
    if (made !== 0) return made
    const store = storeRoot(process.env, args.tree)
    const found: Found[] = []
    for (const name of names.value) {
      const key = presentKey(args.tree, name)
      if (!key.ok) return complain(key.error)
      const { hash } = key.value
      const comparison = await compare.challenge(hash, places, keys.value, store, dayOf(Date.now()))
      found.push({ name, hash, ...comparison })
    }
    await closePlaces()
    if (args.json) print(json(found.map(forProgram)))
    else for (const one of found) for (const line of page(one)) print(line)
    return statusOf(found, faults.length > 0)
  },
})

interface Found extends Comparison {
  readonly name: string
  readonly hash: Sha256
}

/** The trusted keys, and those that were named for this question. */
async function allKeys(words: readonly string[]): Promise<Result<readonly TrustedKey[], Message>> {
  const [{ namedKey }, { readTrust, trustPath }] = await Promise.all([
    import('../../helpers/cache/named-key.ts'),
    import('../../helpers/cache/trust.ts'),
  ])
  const trusted = readTrust(trustPath(process.env))
  if (!trusted.ok) return trusted
  const keys = [...trusted.value]
  for (const word of words) {
    const key = namedKey(word)
    if (!key.ok) return refuse({ cannot: `ask about the key ${quoted(word)}`, why: key.error })
    if (!keys.some(one => one.key.text === key.value.text)) keys.push({ key: key.value })
  }
  if (keys.length > 0) return ok(keys)
  return refuse({
    cannot: 'ask anybody',
    why: 'no key is trusted or named',
    remedy: 'coolports trust add KEY, or --key KEY',
  })
}

function statusOf(found: readonly Found[], isFaulty: boolean): number {
  if (found.some(({ differing }) => differing.length > 0)) return 1
  return isFaulty || found.some(({ answered, troubles }) => !answered || troubles.length > 0) ? 2 : 0
}

function page({ name, hash, said, answered, troubles, local, differing }: Found): readonly string[] {
  const here = local && [
    `  ${local.tar}  ${local.built ? 'built here' : 'in the store, not known to be built here'}`,
  ]
  return [
    `${paint.bold(name)} ${hash}`,
    ...(here ?? []),
    ...said.map(
      one =>
        `  ${one.record.tar}  ${one.builder}, ${one.place}${one.expired ? ` (until ${one.record.expires})` : ''}`,
    ),
    ...troubles.map(({ place, builder, why }) => `  ${builder}, ${place}: gave ${why}`),
    ...(answered ? [] : ['  no cache says anything about it']),
    ...(differing.length === 0 ? [] : [paint.red(`  DIFFERENT: ${differing.join(', ')}`)]),
  ]
}

const forProgram = ({ name, hash, said, troubles, local, differing }: Found) => ({
  name,
  pkghash: hash,
  local: local ? { tar_sha256: local.tar, built: local.built } : null,
  statements: said.map(({ place, builder, record, expired }) => ({
    place,
    builder,
    key: record.builder,
    version: record.version,
    tar_sha256: record.tar,
    gz_sha256: record.gz,
    size: record.size,
    expires: record.expires ?? null,
    expired,
  })),
  troubles,
  differing,
})
