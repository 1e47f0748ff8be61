import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { configPath } from '../../core/config.ts'
import type { Env } from '../../core/env.ts'
import { makeFolders } from '../../core/folders.ts'
import { type Message, quoted } from '../../core/message.ts'
import { parseRecfile, value } from '../../core/recfile.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { readingFault } from '../../core/system-error.ts'
import { textIfThere } from '../../core/text-if-there.ts'
import { writeWhole } from '../../core/whole-file.ts'
import { isSameKey, type PublicKey, readPublicKey } from './minisign.ts'

/** A key whose word the user takes for what a package's bytes are. */
export interface TrustedKey {
  readonly key: PublicKey
  /** Who that is, in the user's own words. Keys of one name are one builder: together they are no quorum. */
  readonly name?: string
}

export const builderOf = ({ key, name }: TrustedKey): string => name ?? key.id

/** Where the trusted keys stand: $COOLPORTS_TRUST, else `coolports/trust` in the folder of the user's settings. */
export const trustPath = (env: Env): string =>
  env.COOLPORTS_TRUST ? resolve(env.COOLPORTS_TRUST) : configPath(env, 'trust')

/** The trusted keys: none where there is no file. A file with a fault trusts nobody, and says so. */
export function readTrust(path: string): Result<readonly TrustedKey[], Message> {
  const bad = (line: number, why: string) =>
    refuse({ cannot: 'read the trusted keys', why, at: { file: path, line, column: 1 } })
  let text: string | undefined
  try {
    text = textIfThere(path)
  } catch (error) {
    return refuse({ cannot: `read ${quoted(path)}`, why: readingFault(error) })
  }
  if (text === undefined) return ok([])
  const { records, problems } = parseRecfile(text)
  if (problems[0]) return bad(problems[0].line, `${quoted(problems[0].text)} is no field (NAME: VALUE)`)
  const keys: TrustedKey[] = []
  for (const record of records) {
    const unknown = record.fields.find(([field]) => field !== 'key' && field !== 'name')
    if (unknown) return bad(record.line, `there is no field ${quoted(unknown[0])}`)
    if (record.fields.length > new Set(record.fields.map(([field]) => field)).size)
      return bad(record.line, 'a blank line is missing between two keys')
    const name = value(record, 'name')
    if (name !== undefined && !isBuilderName(name)) return bad(record.line, `${quoted(name)} is not a name`)
    const key = readPublicKey(value(record, 'key') ?? '')
    if (!key.ok) return bad(record.line, key.error)
    const same = keys.find(one => one.key.id === key.value.id || isSameKey(one.key, key.value))
    if (same)
      return bad(
        record.line,
        `key ${key.value.id} comes twice${same.key.id === key.value.id ? '' : `, as ${same.key.id} before`}`,
      )
    keys.push({ key: key.value, ...(name === undefined ? {} : { name }) })
  }
  return ok(keys)
}

export function writeTrust(path: string, keys: readonly TrustedKey[]): void {
  const records = keys.map(({ key, name }) =>
    [`key: ${key.text}`, ...(name === undefined ? [] : [`name: ${name}`]), ''].join('\n'),
  )
  const file = behindLinks(path)
  makeFolders(dirname(file), 0o700)
  writeWhole(
    file,
    `# Kept by \`coolports trust\`: whose packages are taken from caches.\n\n${records.join('\n')}`,
  )
}

/** People keep their settings elsewhere, and link to them: a file gets its name there, and the link stays. */
function behindLinks(path: string, links = 40): string {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
  return isLink && links > 0 ? behindLinks(resolve(dirname(path), readlinkSync(path)), links - 1) : path
}

export const isBuilderName = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9 ._@+-]{0,63}$/.test(text) && !text.endsWith(' ')
