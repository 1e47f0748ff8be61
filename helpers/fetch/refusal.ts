import { isDiskFull } from '../../core/disk.ts'
import { type Message, quoted } from '../../core/message.ts'
import { FILE_SYSTEM } from '../../core/system-error.ts'
import { describe, type Failure } from '../http/failure.ts'
import { address, type Origin } from './origin.ts'
import type { FetchRequest } from './request.ts'

/** A place that was asked in vain. */
interface Tried {
  readonly origin: Origin
  readonly failure: Failure
}

/** No place gave the source: names every one and what it gave instead. */
export function nowhere(request: FetchRequest, tried: readonly Tried[]): Message {
  return {
    cannot: `fetch ${quoted(request.file)}`,
    why: whyNot(tried.length),
    facts: [
      ['for', `${request.at.file}:${request.at.line}`],
      ['want', `sha256 ${request.sha256}`],
      ...tried.flatMap(({ origin, failure }) => [
        ['from', address(origin)] as const,
        ['got', describe(failure)] as const,
      ]),
    ],
    remedy: remedyFor(tried),
  }
}

/** The store cannot take the source, wherever it comes from. */
export function storeTrouble({ file }: { readonly file: string }, store: string, error: unknown): Message {
  const { code = String(error) } = error as NodeJS.ErrnoException
  return {
    cannot: `fetch ${quoted(file)}`,
    why: FILE_SYSTEM[code] ?? `the store cannot be written: ${code}`,
    facts: [['store', store]],
    remedy: isDiskFull(error) ? MAKE_ROOM : 'set COOLPORTS_STORE to a folder that you may write to',
  }
}

function whyNot(count: number): string {
  if (count === 0) return 'no place is known that has it'
  return count === 1 ? 'the only place does not give it' : `none of ${count} places gives it`
}

function remedyFor(tried: readonly Tried[]): string {
  if (tried.length === 0) return 'give the source a url, or a record in mirrors/'
  if (tried.every(({ failure }) => failure.kind === 'scheme')) return OTHER_SCHEME
  if (tried.some(({ failure }) => failure.kind === 'room')) return MAKE_ROOM
  if (tried.some(({ origin, failure }) => origin.kind === 'tree' && failure.kind === 'digest'))
    return REPLACE_FILE
  const others = tried.flatMap(({ failure }) => (failure.kind === 'digest' ? [failure] : []))
  if (others.length > 0 && others.every(({ guise }) => guise === 'page')) return LOOK_AT_PAGE
  if (others.length > 0 && others.every(({ guise }) => guise)) return OTHER_URL
  if (others.length === tried.length) return LOOK_FIRST
  if (others.length > 0) return 'check the digest in the manifest first, then the network and the proxy'
  return tried.some(({ origin }) => origin.kind === 'debian')
    ? 'check the network and the proxy, or name an archive that can be reached in COOLPORTS_DEBIAN_MIRRORS'
    : "check the url, the network and the proxy, or say in mirrors/debian where Debian's archive has it"
}

const MAKE_ROOM =
  'make room there, or set COOLPORTS_STORE to a folder on another disk; then run the same command again'

const REPLACE_FILE = 'the file in mirrors/files is not what its name says: put a whole one in its place'

const LOOK_FIRST =
  'if the file was replaced by its makers, look at what changed before the new digest goes into the manifest'

const LOOK_AT_PAGE =
  'look at that page in a browser: it may ask who you are, or say that the file is gone; the digest is not to blame'

const OTHER_SCHEME = 'give the source an https: url: most hosts of ftp: urls have the same file there'

const OTHER_URL = 'name another url: that server does not give the file as it is; the digest is not to blame'
