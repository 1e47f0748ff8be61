import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { homeFolder } from '../../core/config.ts'
import type { Env } from '../../core/env.ts'
import { quoted } from '../../core/message.ts'
import { readingFault } from '../../core/system-error.ts'
import { isLoopback } from './loopback.ts'

interface Entry {
  /** `HOST`, `HOST:PORT`, or a url of these. */
  readonly machine: string
  login?: string
  password?: string
}

/**
 * The passwords for web servers that a user keeps in `~/.netrc`, or the file that $NETRC names, as curl, git and pip
 * read it. An entry names a host, and is for https, lest somebody who writes a url, or stands on the way, has the
 * password sent in plain. For plain http, but with this machine, it has to say so, as in the file of apt:
 * `machine http://HOST:PORT`. `default` is for nobody: else each host of the world would be told.
 * Sources of the format: ftp(1), curl's manual, apt_auth.conf(5).
 */
export class Netrc {
  readonly #path: string
  readonly #entries: readonly Entry[]
  /** Why nothing is known, as the end of a sentence. */
  readonly #fault: string | undefined

  constructor(env: Env) {
    this.#path = env.NETRC || join(homeFolder(env), '.netrc')
    try {
      this.#entries = parseNetrc(readFileSync(this.#path, 'utf8'))
    } catch (error) {
      this.#entries = []
      this.#fault = readingFault(error)
    }
  }

  /** What a question for this url says of who asks: the value of its header `authorization`. */
  authorizationFor(url: string): string | undefined {
    const entry = this.#entryFor(new URL(url))
    if (entry === undefined) return undefined
    return `Basic ${Buffer.from(`${entry.login ?? ''}:${entry.password ?? ''}`).toString('base64')}`
  }

  /** Why a server that was asked for this url wants a password all the same; it holds none. */
  whyRefused(url: string): string {
    const { host, protocol } = new URL(url)
    const file = quoted(this.#path)
    if (this.#fault !== undefined) return `it wants a password, and in ${file} there is none: ${this.#fault}`
    if (this.#entryFor(new URL(url))) return `it does not take the password of ${file}`
    const form = protocol === 'http:' ? `http://${host}` : host
    return `it wants a password, and ${file} has none for "machine ${form}"`
  }

  #entryFor(url: URL): Entry | undefined {
    return this.#entries.find(entry => isFor(entry, url))
  }
}

function isFor({ machine, login, password }: Entry, url: URL): boolean {
  const [, scheme = '', rest = ''] = /^(?:(https?):\/\/)?(.*?)\/?$/i.exec(machine) ?? []
  const mayBePlain = scheme.toLowerCase() === 'http' || (scheme === '' && isLoopback(url.hostname))
  const isPlain = url.protocol === 'http:'
  if (isPlain ? !mayBePlain : scheme.toLowerCase() === 'http') return false
  const port = url.port || (isPlain ? '80' : '443')
  return (
    [url.hostname, `${url.hostname}:${port}`].includes(rest.toLowerCase()) &&
    (login !== undefined || password !== undefined)
  )
}

/** Words between blanks, or in double quotes with backslashes; what is not understood is passed over, as by curl. */
export function parseNetrc(text: string): readonly Entry[] {
  const entries: Entry[] = []
  let rest = text
  let current: Entry | undefined
  const word = (): string | undefined => {
    const [all, inQuotes, bare] = /^\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))/s.exec(rest) ?? ['']
    rest = rest.slice(all.length)
    return inQuotes?.replace(/\\(.)/gs, '$1') ?? bare
  }
  for (let key = word(); key !== undefined; key = word()) {
    if (key === 'machine') {
      current = { machine: word() ?? '' }
      entries.push(current)
    } else if (key === 'default') current = undefined
    else if (key === 'login' || key === 'password') {
      const value = word()
      if (current && value !== undefined) current[key] = value
    } else if (key === 'macdef') rest = rest.replace(/^.*?(?:\n[ \t\r]*\n|$)/s, '')
    else if (key.startsWith('#')) rest = rest.replace(/^.*/, '')
  }
  return entries
}
