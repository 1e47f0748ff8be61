import { execFile } from 'node:child_process'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { download, type Network } from '../http/download.ts'
import { describe } from '../http/failure.ts'

/** What a place tells of its versions: names that a pattern is looked for in. Else why not, as after "it gave". */
export type Told = Result<readonly string[], string>

/** The text of a page, with what its links write as %2B and the like. */
export async function readListing(url: string, network: Network, signal: AbortSignal): Promise<Told> {
  const scheme = new URL(url).protocol.slice(0, -1)
  if (!['http', 'https'].includes(scheme)) return refuse(describe({ kind: 'scheme', scheme }))
  const page = await download(url, '*/*', MOST_BYTES, network, signal)
  if (!page.ok) return refuse(describe(page.error))
  const text = Buffer.from(page.value).toString()
  return ok([text, text.replace(/%[2-7][0-9a-f]/gi, decodeURIComponent)])
}

/** The names of a repository's tags, as git is told them; nobody is asked for a password. */
export function readTags(url: string, signal: AbortSignal): Promise<Told> {
  const protocols = ['protocol.allow=never', 'protocol.https.allow=always', 'protocol.http.allow=always']
  const words = [...protocols.flatMap(one => ['-c', one]), 'ls-remote', '--tags', '--refs', '--', url]
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true', LC_ALL: 'C' }
  const options = { env, signal, cwd: '/', maxBuffer: MOST_BYTES, timeout: TAGS_MS }
  return new Promise(resolve => {
    execFile('git', words, options, (error, stdout, stderr) => {
      if (!error) resolve(ok([...stdout.matchAll(/\trefs\/tags\/(.+)$/gm)].map(([, name = '']) => name)))
      else resolve(refuse(whyNot(error, stderr)))
    })
  })
}

function whyNot(error: Error & { code?: unknown; killed?: boolean }, stderr: string): string {
  if (error.code === 'ENOENT') return 'nothing: git is not on PATH'
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'more tags than are believed'
  if (error.killed) return `nothing for ${TAGS_MS / 1000} s`
  return `nothing: git says ${quoted(stderr.trim().split('\n').at(-1) ?? '')}`
}

/** More than any listing should have; it is held in memory. */
const MOST_BYTES = 64 * 2 ** 20

const TAGS_MS = 60_000
