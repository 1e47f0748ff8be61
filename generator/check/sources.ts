import { isSha256, type Sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { isFileName } from '../../core/name.ts'
import type { PackageSource } from '../package.ts'
import type { Fields, Path, Reader, Shape } from './reader.ts'

/** What `source` or `sources` say. */
export function readSources(reader: Reader, { source, sources }: Fields): readonly PackageSource[] {
  if (source !== undefined && sources !== undefined)
    reader.field(['source'], 'there are sources as well', 'one is said as source, several as sources')
  const one = source === undefined ? [] : readSource(reader, ['source'], source)
  const many = (reader.list(['sources'], sources) ?? []).flatMap((value, index) =>
    readSource(reader, ['sources', index], value),
  )
  checkDifferentFiles(reader, many)
  return [...one, ...many]
}

const SOURCE: Shape = {
  sha256: 'required',
  url: 'optional',
  urls: 'optional',
  file: 'optional',
  into: 'optional',
  unpack: 'optional',
}

function readSource(reader: Reader, path: Path, value: unknown): readonly PackageSource[] {
  const said = reader.object(path, value, SOURCE)
  if (!said) return []
  const digest = reader.text([...path, 'sha256'], said.sha256)
  if (digest !== '' && !isSha256(digest)) {
    reader.problems.push({ kind: 'bad-digest', at: reader.at([...path, 'sha256']), digest })
  }
  const urls = readUrls(reader, path, said)
  const file = readFile(reader, path, said, urls)
  const into = readInto(reader, path, said)
  if (said.unpack !== undefined && typeof said.unpack !== 'boolean')
    reader.field([...path, 'unpack'], 'it is not true or false')
  if (said.unpack === false && said.into !== undefined)
    reader.field([...path, 'into'], 'the source is not unpacked', 'leave one of the two fields out')
  return [{ sha256: digest as Sha256, urls, file, into, unpack: said.unpack !== false }]
}

function readUrls(reader: Reader, path: Path, said: Fields): readonly string[] {
  if (said.url === undefined && said.urls === undefined) reader.field(path, 'the field "url" is missing')
  if (said.url !== undefined && said.urls !== undefined)
    reader.field([...path, 'url'], 'there are urls as well', 'one is said as url, several as urls')
  if (said.url !== undefined) return [reader.url([...path, 'url'], said.url)]
  const urls = (reader.list([...path, 'urls'], said.urls) ?? []).map((url, at) =>
    reader.url([...path, 'urls', at], url),
  )
  if (said.urls !== undefined && urls.length === 0 && said.file === undefined)
    reader.field([...path, 'urls'], 'it names no url')
  return urls
}

/** The name of the file in the build: what the first url ends in, where it is not said. */
function readFile(reader: Reader, path: Path, said: Fields, [url]: readonly string[]): string {
  const named = reader.optional(said, 'file', name => reader.text([...path, 'file'], name))
  const file =
    named ??
    url
      ?.replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ??
    ''
  if ((url !== undefined || said.file !== undefined) && !isFileName(file)) {
    reader.field(
      [...path, said.file !== undefined ? 'file' : said.url !== undefined ? 'url' : 'urls'],
      `it is not a plain file name: ${quoted(file)}`,
      "name it: file: '…'",
    )
  }
  return file
}

/** The folder of the build that it is unpacked in. */
function readInto(reader: Reader, path: Path, said: Fields): string {
  const into = reader.optional(said, 'into', folder => reader.text([...path, 'into'], folder)) ?? '.'
  if (into !== '.' && !into.split('/').every(isFileName)) {
    const why = /^\/|(^|\/)\.\.(\/|$)/.test(into)
      ? 'it leads outside of the build folder'
      : 'it is not a plain path'
    reader.field([...path, 'into'], `${why}: ${quoted(into)}`)
  }
  return into
}

function checkDifferentFiles(reader: Reader, sources: readonly PackageSource[]): void {
  const seen = new Set<string>()
  sources.forEach(({ file }, index) => {
    if (seen.has(file)) reader.problems.push({ kind: 'same-file', at: reader.at(['sources', index]), file })
    seen.add(file)
  })
}
