import { resolve } from 'node:path'
import { type Message, quoted } from '../../../core/message.ts'
import { ok, type Result, refuse } from '../../../core/result.ts'
import { MAX_LAYERS, type RunOptions } from '../../../helpers/export/image.ts'
import { BILL_ENDING, BILL_FORMATS, type BillFormat } from '../../../helpers/sbom/format.ts'
import type { Common } from '../../command.ts'
import type { Refusal } from '../../output.ts'

export const FORMS = ['tar', 'oci', 'docker'] as const

/** What was asked for, all of it checked. */
export interface ExportRequest extends RunOptions {
  readonly tree: string
  readonly form: (typeof FORMS)[number]
  readonly words: readonly string[]
  readonly jobs: number
  readonly out?: string
  readonly name?: string
  readonly push?: string
  readonly mountFrom: readonly string[]
  readonly insecure: boolean
  readonly uncompressed: boolean
  readonly maxLayers: number
  readonly order: boolean
  readonly prefer: readonly string[]
  readonly with: readonly ('passwd' | 'tmp')[]
  readonly certificates?: string
  readonly sboms: readonly BillRequest[]
}

/** A bill of materials that goes with what is exported; `file`: where else it is written. */
export interface BillRequest {
  readonly format: BillFormat
  readonly file?: string
}

/** The words as they were typed. */
interface Args extends Common {
  readonly form: (typeof FORMS)[number]
  readonly packages: readonly string[]
  readonly out: string | undefined
  readonly jobs: number | undefined
  readonly order: boolean
  readonly prefer: readonly string[] | undefined
  readonly with: readonly ('passwd' | 'tmp')[] | undefined
  readonly certificates: string | undefined
  readonly sbom: readonly string[] | undefined
  readonly name: string | undefined
  readonly entrypoint: readonly string[] | undefined
  readonly cmd: readonly string[] | undefined
  readonly env: readonly string[] | undefined
  readonly label: readonly string[] | undefined
  readonly user: string | undefined
  readonly workdir: string | undefined
  readonly uncompressed: boolean
  readonly 'max-layers': number | undefined
  readonly push: string | undefined
  readonly 'mount-from': readonly string[] | undefined
  readonly insecure: boolean
}

/** All that is wrong with the words, not the first alone. */
export function readExportRequest(args: Args): Result<ExportRequest, Refusal> {
  const {
    tree,
    form,
    out,
    packages,
    jobs,
    certificates,
    name,
    user,
    workdir,
    push,
    label = [],
    env = [],
    sbom = [],
  } = args
  const why = [
    ...(out === undefined && push === undefined ? ['neither -o nor --push says where to'] : []),
    ...(form === 'tar' ? tarFaults(args) : []),
    ...(form === 'docker' && push !== undefined ? ['docker is an archive; push the form oci'] : []),
    ...(form === 'docker' && args.uncompressed ? ['the layers of docker are never compressed'] : []),
    ...pairFaults('--env', env, /^[A-Za-z_][A-Za-z0-9_]*$/),
    ...pairFaults('--label', label, /^[\x21-\x3c\x3e-\x7e]+$/),
    ...(user === undefined ? [] : userFaults(user)),
    ...layerFaults(args),
    ...commandFaults(args),
    ...(workdir !== undefined && !/^\/[^\0]*$/.test(workdir) ? ['--workdir does not begin with /'] : []),
    ...billFaults(sbom),
    ...(push === undefined && (args['mount-from'] ?? []).length > 0
      ? ['--mount-from is of use with --push alone']
      : []),
    ...[...(args.entrypoint ?? []), ...(args.cmd ?? []), ...env, ...label].flatMap(word =>
      word.includes('\0') ? ['a word holds a NUL'] : [],
    ),
  ]
  if (why.length > 0) return refuse({ status: 2, messages: why.map(misuse) })
  return ok({
    tree,
    form,
    words: packages,
    jobs: jobs ?? 1,
    mountFrom: args['mount-from'] ?? [],
    insecure: args.insecure,
    uncompressed: args.uncompressed,
    maxLayers: args['max-layers'] ?? MAX_LAYERS,
    order: args.order,
    prefer: args.prefer ?? [],
    with: args.with ?? [],
    sboms: sbom.flatMap(word => billRequest(word) ?? []),
    entrypoint: args.entrypoint ?? [],
    cmd: args.cmd ?? [],
    env,
    labels: Object.fromEntries(label.map(pair)),
    ...(out === undefined ? {} : { out: resolve(out) }),
    ...(certificates === undefined ? {} : { certificates: resolve(certificates) }),
    ...(name === undefined ? {} : { name }),
    ...(push === undefined ? {} : { push }),
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { workdir }),
  })
}

function userFaults(user: string): readonly string[] {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*(:[A-Za-z0-9_][A-Za-z0-9._-]*)?$/.test(user))
    return [`--user ${quoted(user)} is not USER[:GROUP]`]
  return user
    .split(':')
    .filter(one => /^\d+$/.test(one) && Number(one) > MAX_ID)
    .map(one => `--user ${quoted(user)} has a number above ${MAX_ID}, ${one}`)
}

/** Those who run images take a number for an int of 32 bits. */
const MAX_ID = 2 ** 31 - 1

/** Its first word is the program. */
function commandFaults({ entrypoint = [], cmd = [] }: Args): readonly string[] {
  const [program] = [...entrypoint, ...cmd]
  return program === '' ? [`--${entrypoint.length > 0 ? 'entrypoint' : 'cmd'} "" is no program`] : []
}

function layerFaults({
  'max-layers': most = MAX_LAYERS,
  with: added = [],
  certificates,
}: Args): readonly string[] {
  if (!Number.isSafeInteger(most) || most < 1) return ['--max-layers needs a whole number above 0']
  return most === 1 && (added.length > 0 || certificates !== undefined)
    ? ['--max-layers 1 leaves no layer for what --with and --certificates add']
    : []
}

function tarFaults(args: Args): readonly string[] {
  const { out = '.tar' } = args
  const ofImages = [
    ...(
      ['entrypoint', 'cmd', 'env', 'label', 'user', 'workdir', 'name', 'push', 'max-layers'] as const
    ).filter(option => args[option] !== undefined),
    ...(args.uncompressed ? ['uncompressed'] : []),
  ]
  return [
    ...(/\.(tar|tar\.gz|tgz)$/.test(out) ? [] : [`${quoted(out)} ends in none of .tar, .tar.gz, .tgz`]),
    ...ofImages.map(option => `--${option} is of images, and a tar is none`),
  ]
}

/** A format, or a file whose name ends as those of a format do. */
function billRequest(word: string): BillRequest | undefined {
  for (const format of BILL_FORMATS) {
    if (word === format) return { format }
    if (word.endsWith(BILL_ENDING[format])) return { format, file: resolve(word) }
  }
  return undefined
}

function billFaults(words: readonly string[]): readonly string[] {
  const formats = words.map(word => billRequest(word)?.format)
  return [
    ...words
      .filter((_, index) => formats[index] === undefined)
      .map(
        word =>
          `--sbom ${quoted(word)} is neither cyclonedx nor spdx, nor a file that ends in .cdx.json or .spdx.json`,
      ),
    ...BILL_FORMATS.filter(format => formats.filter(one => one === format).length > 1).map(
      format => `--sbom asks for ${format} twice`,
    ),
  ]
}

function pairFaults(option: string, words: readonly string[], name: RegExp): readonly string[] {
  const odd = words.filter(word => !(word.includes('=') && name.test(pair(word)[0])))
  const names = words.map(word => pair(word)[0])
  const twice = new Set(names.filter((one, index) => names.indexOf(one) !== index))
  return [
    ...odd.map(word => `${option} ${quoted(word)} is not NAME=VALUE`),
    ...[...twice].map(one => `${option} gives ${quoted(one)} twice`),
  ]
}

const pair = (word: string): readonly [string, string] => {
  const at = word.indexOf('=')
  return at === -1 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)]
}

const misuse = (why: string): Message => ({ cannot: 'export', why, remedy: 'see: coolports export --help' })
