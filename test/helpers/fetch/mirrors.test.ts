import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadMirrors } from '../../../helpers/fetch/mirrors.ts'
import { originsOf } from '../../../helpers/fetch/origin.ts'
import { DIGEST, folder, put, want } from './support.ts'

const other = 'c'.repeat(64)

describe('originsOf()', () => {
  it('asks the tree, then Debian archives, then hosts by digest, then upstream', () => {
    const tree = folder()
    put(join(tree, `mirrors/files/${DIGEST}.tar.xz`), '')
    put(
      join(tree, 'mirrors/debian'),
      `sha256: ${DIGEST}\npath: pool/main/m/x+y_1.tar.gz\n\nsha256: ${other}\npath: pool/z\n`,
    )
    put(
      join(tree, 'mirrors/http'),
      `sha256: *\nurl: http://any/{sha256}/{file}\n\nsha256: ${DIGEST}\nurl: http://exact/1\n`,
    )
    const { mirrors } = loadMirrors(tree, { COOLPORTS_DEBIAN_MIRRORS: 'http://d1/debian/ file:/d2' })
    expect(originsOf(want(['http://up/1', 'http://up/2', 'http://up/1']), mirrors)).toEqual([
      { kind: 'tree', path: join(tree, `mirrors/files/${DIGEST}.tar.xz`) },
      { kind: 'debian', url: 'http://d1/debian/pool/main/m/x%2by_1.tar.gz' },
      { kind: 'debian', url: 'file:///d2/pool/main/m/x%2by_1.tar.gz' },
      { kind: 'http', url: 'http://exact/1' },
      { kind: 'http', url: `http://any/${DIGEST}/source.tar.gz` },
      { kind: 'upstream', url: 'http://up/1' },
      { kind: 'upstream', url: 'http://up/2' },
    ])
  })
})

describe('loadMirrors()', () => {
  it("takes the roots from the machine's apt when no variable names them", () => {
    const tree = folder()
    put(join(tree, 'apt/sources.list'), 'deb http://a/debian bookworm main\n')
    put(
      join(tree, 'apt/sources.list.d/b.sources'),
      'Types: deb\nURIs: http://b/debian\nSuites: sid\nComponents: main\n',
    )
    put(join(tree, 'apt/sources.list.d/c.list.disabled'), 'deb http://c/debian bookworm main\n')
    expect(loadMirrors(tree, {}, join(tree, 'apt')).mirrors.debianRoots).toEqual([
      'http://a/debian',
      'http://b/debian',
    ])
    expect(
      loadMirrors(tree, { COOLPORTS_DEBIAN_MIRRORS: '' }, join(tree, 'apt')).mirrors.debianRoots,
    ).toEqual([])
  })

  it('leaves out hostile records and names each by its line', () => {
    const tree = folder()
    put(
      join(tree, 'mirrors/debian'),
      `sha256: ${DIGEST}\npath: ../../etc/passwd\n\nsha256: *\npath: pool/x\n\npath: pool/y\n`,
    )
    put(join(tree, 'mirrors/http'), `sha256: *\nurl: gopher://h/{sha256}\n`)
    put(join(tree, 'mirrors/ipfs'), 'sha256: *\ncid: QmWotMZZFdS7rPNu3Y58WL1NaVXKLJH195pcvR4oMEdZQE\n')
    const env = { COOLPORTS_IPFS_GATEWAYS: 'http://h' }
    const { mirrors, problems } = loadMirrors(tree, env, join(tree, 'apt'))
    expect([...mirrors.debian, ...mirrors.http, ...mirrors.ipfs]).toEqual([])
    expect(problems.map(({ at, why }) => `${at?.file}:${at?.line} ${why}`)).toEqual([
      'mirrors/ipfs:1 sha256 "*" is not 64 lower-case hexadecimal digits',
      'mirrors/debian:1 path "../../etc/passwd" is not a plain path below the root of an archive',
      'mirrors/debian:4 sha256 "*" is not 64 lower-case hexadecimal digits',
      'mirrors/debian:7 the record has no sha256',
      'mirrors/http:1 url "gopher://h/{sha256}" is not an http:, https: or file: url',
    ])
  })

  it('takes two sources without a blank line between them for neither, and says so', () => {
    const tree = folder()
    put(
      join(tree, 'mirrors/debian'),
      `sha256: ${DIGEST}\npath: pool/x\nsha256: ${'1'.repeat(64)}\npath: pool/y\n`,
    )
    const { mirrors, problems } = loadMirrors(tree, {}, join(tree, 'apt'))
    expect([...mirrors.debian]).toEqual([])
    expect(problems.map(({ at, why }) => `${at?.file}:${at?.line} ${why}`)).toEqual([
      'mirrors/debian:1 the record has more than one sha256: a blank line is missing between two',
    ])
  })

  it.each(['pool/../../x', 'pool/./x', 'pool//x', 'pool/', '/pool/x', 'pool/%2e%2e/x', 'pool/x?y'])(
    'leaves out the path %j',
    path => {
      const tree = folder()
      put(join(tree, 'mirrors/debian'), `sha256: ${DIGEST}\npath: ${path}\n`)
      const { mirrors, problems } = loadMirrors(tree, {}, join(tree, 'apt'))
      expect([...mirrors.debian]).toEqual([])
      expect(problems[0]?.why).toBe(
        `path ${JSON.stringify(path)} is not a plain path below the root of an archive`,
      )
    },
  )

  it.each([
    [
      `sha256: *\nurl: http://h/{sha512}\n`,
      'url "http://h/{sha512}" holds {sha512}, which is neither {sha256} nor {file}',
    ],
    [
      `sha256: *\nurl: http://h/x\n`,
      'url "http://h/x" is one file for all sources: it holds neither {sha256} nor {file}',
    ],
    [`sha256: ${DIGEST}\nsha256: X\nurl: http://h/x\n`, 'sha256 "X" is not 64 lower-case hexadecimal digits'],
  ])('leaves out the pattern %j', (text, why) => {
    const tree = folder()
    put(join(tree, 'mirrors/http'), text)
    const { mirrors, problems } = loadMirrors(tree, {}, join(tree, 'apt'))
    expect([...mirrors.http]).toEqual([])
    expect(problems.map(problem => problem.why)).toEqual([why])
  })

  it('names a field that is not known, and uses the rest of its record', () => {
    const tree = folder()
    put(join(tree, 'mirrors/http'), `sha256: *\nurl: http://one/{sha256}\nurls: http://two/{sha256}\n`)
    put(join(tree, 'mirrors/oci'), `file: a\nsha256: ${DIGEST}\nrepository: h.example/a\n`)
    const { mirrors, problems } = loadMirrors(tree, {}, join(tree, 'apt'))
    expect(mirrors.http.get('*')).toEqual(['http://one/{sha256}'])
    expect(problems.map(({ at, cannot }) => `${at?.file}:${at?.line} ${cannot}`)).toEqual([
      'mirrors/http:1 use the field "urls" of a mirror',
    ])
  })

  it.each([
    ['http', 'url: http://h.example/{sha256}'],
    ['oci', 'repository: h.example/a'],
  ] as const)("takes a record that a person put at the end of this tree's mirrors/%s", (file, line) => {
    const tree = folder()
    const ours = readFileSync(join(import.meta.dirname, '../../../mirrors', file), 'utf8')
    put(join(tree, 'mirrors', file), `${ours}sha256: *\n${line}\n`)
    const { mirrors, problems } = loadMirrors(tree, {}, join(tree, 'apt'))
    expect([mirrors[file].has('*'), problems]).toEqual([true, []])
  })

  it('has nothing to offer in a tree without mirrors', () => {
    expect(loadMirrors(folder(), {}, '/nonexistent').problems).toEqual([])
  })
})
