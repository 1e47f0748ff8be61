import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseRecfile } from '../../../core/recfile.ts'
import { withSources } from '../../../helpers/mirror/ipfs-records.ts'
import { folder, put } from '../fetch/support.ts'

const source = (name: string, cid = 'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o') => ({
  sourceUrl: `https://example.org/${name}`,
  sha256: Buffer.from(name.padEnd(32, '.')).toString('hex'),
  cid,
})

function made(text: string, ...sources: readonly ReturnType<typeof source>[]): string {
  const after = withSources(text, sources)
  if (!after.ok) throw new Error(after.error[0]?.text)
  return after.value
}

describe('withSources()', () => {
  it('begins a file that recutils takes', () => {
    const text = made('', source('b'), source('a'))
    expect(parseRecfile(text).records.map(({ fields }) => fields[0]?.[1])).toEqual([
      'https://example.org/a',
      'https://example.org/b',
    ])
    execFileSync('recfix', ['--check', put(join(folder(), 'ipfs'), text)])
  })

  it('leaves a file as it is that says it all, whatever its order and its urls', () => {
    const text = `%rec: ipfs_source\n\nsource_url: https://z\nsha256: ${source('a').sha256}\ncid: ${source('a').cid}\n\n# mine\nsource_url: https://b\nsha256: ${source('b').sha256}\ncid: ${source('b').cid}\n`
    expect(made(text, source('b'), source('a'))).toBe(text)
    expect(made(text)).toBe(text)
  })

  it('adds what is missing in its place, and keeps head and fields of the others', () => {
    const text = `# mine\n%rec: ipfs_source\n%key: sha256\n\nsource_url: https://example.org/b\nsha256: ${source('b').sha256}\ncid: ${source('b').cid}\nnote: one\n+ two\n`
    const after = made(text, source('c'), source('a'), source('b'))
    expect(
      after.startsWith('# mine\n%rec: ipfs_source\n%key: sha256\n\nsource_url: https://example.org/a\n'),
    ).toBe(true)
    expect(after).toContain('note: one\n+ two\n')
    expect(made(after, source('a'), source('b'), source('c'))).toBe(after)
    execFileSync('recfix', ['--check', put(join(folder(), 'ipfs'), after)])
  })

  it('corrects a wrong CID', () => {
    const wrong = made('', source('a', 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'))
    const after = made(wrong, source('a'))
    expect(after).toBe(made('', source('a')))
  })

  it('does not touch a file that it cannot read whole', () => {
    expect(withSources('source_url https://x\n', [source('a')])).toEqual({
      ok: false,
      error: [{ line: 1, text: 'source_url https://x' }],
    })
  })
})
