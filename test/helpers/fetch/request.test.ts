import { describe, expect, it } from 'vitest'
import { parseFetchFile } from '../../../helpers/fetch/request.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)

const faults = (text: string): readonly string[] => {
  const read = parseFetchFile('pkg/x/.fetch', text)
  return read.ok ? [] : read.error.map(({ at, why }) => `${at?.line}: ${why}`)
}

describe('parseFetchFile()', () => {
  it('reads a name, urls in order, and a digest', () => {
    const read = parseFetchFile(
      'f',
      `# emitted\n\nfile: x.tar\nurl: https://h/1\nurl: file:///2\nsha256: ${A}\n`,
    )
    expect(read).toEqual({
      ok: true,
      value: [
        {
          file: 'x.tar',
          sha256: A,
          urls: ['https://h/1', 'file:///2'],
          at: { file: 'f', line: 3, column: 1 },
        },
      ],
    })
  })

  it('names a source after its first url', () => {
    const read = parseFetchFile('f', `url: https://h/d/make-4.4.1.tar.gz?x=1#y\nsha256: ${A}\n`)
    expect(read.ok && read.value[0]?.file).toBe('make-4.4.1.tar.gz')
  })

  it('ends a source at its sha256, with or without a blank line', () => {
    const read = parseFetchFile('f', `url: http://h/1\nsha256: ${A}\nurl: http://h/2\nsha256: ${B}\n`)
    expect(read.ok && read.value.map(({ file, at }) => `${at.line} ${file}`)).toEqual(['1 1', '3 2'])
  })

  it('takes a source without a url when it has a name: the tree itself may hold it', () => {
    expect(faults(`file: seed.tar.xz\nsha256: ${A}\n`)).toEqual([])
  })

  it.each(['../x', 'a/b', '-rf', "a'b", 'a"b', 'a b', '.hidden', '..', '$(x)', 'é'])(
    'refuses the file name %j',
    name => {
      expect(faults(`file: ${name}\nurl: http://h/1\nsha256: ${A}\n`)).toEqual([
        `1: ${JSON.stringify(name)} is not a plain file name`,
      ])
    },
  )

  it('refuses a file name with a newline in it', () => {
    expect(faults(`file: a\n+ b\nurl: http://h/1\nsha256: ${A}\n`)).toEqual([
      '1: "a\\nb" is not a plain file name',
    ])
  })

  it.each([
    ['gopher://h/x', 'is not an http:, https: or file: url'],
    ['javascript:x', 'is not an http:, https: or file: url'],
    ['x.tar', 'is not a url'],
    ['http://me:secret@h/x', 'holds a user name or password: those go into ~/.netrc'],
    ['file://host/x', 'names a host: a file: url begins with three slashes'],
    ['http://h/a b', 'holds a space, a control character or one that is not ASCII'],
  ])('refuses the url %j', (url, why) => {
    expect(faults(`file: x\nurl: ${url}\nsha256: ${A}\n`)).toEqual([`2: url ${JSON.stringify(url)} ${why}`])
  })

  it('never lets a control character through to the terminal', () => {
    const [fault] = faults(`file: x\nurl: http://h/\u001b[2J\u009b\nsha256: ${A}\n`)
    expect(fault).toContain('\\u001b[2J\\u009b')
    expect(fault).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
  })

  it('tells all problems, each with its line', () => {
    expect(faults(`nonsense\n\nfile: ../x\nurl: gopher://h/x\nsha256: ABC\n\nurl: http://h/2\n`)).toEqual([
      '1: "nonsense" is no field (NAME: VALUE)',
      '5: sha256 "ABC" is not 64 lower-case hexadecimal digits',
      '4: url "gopher://h/x" is not an http:, https: or file: url',
      '3: "../x" is not a plain file name',
      '7: it has no sha256',
    ])
  })

  it('refuses two sources of one name', () => {
    expect(faults(`url: http://h/x\nsha256: ${A}\n\nurl: http://i/x\nsha256: ${B}\n`)).toEqual([
      '4: "x" is already the name of the source in line 1',
    ])
  })
})
