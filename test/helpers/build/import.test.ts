import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readIdentity } from '../../../helpers/tar/identity.ts'
import { entry, header } from '../tar/bytes.ts'
import { Workshop } from './workshop.ts'

let shop: Workshop
let tree: string
beforeAll(async () => {
  shop = await Workshop.open()
  tree = mkdtempSync(join(shop.root, 'tree-'))
  mkdirSync(join(tree, 'bin'))
  writeFileSync(join(tree, 'bin/tool'), 'tool\n')
  chmodSync(join(tree, 'bin/tool'), 0o4775)
  linkSync(join(tree, 'bin/tool'), join(tree, 'bin/alias'))
  symlinkSync('tool', join(tree, 'bin/link'))
})
afterAll(() => shop.close())

function imported(name: string, archive: Buffer) {
  writeFileSync(join(shop.folder(name), '.fetch'), shop.source('archive', archive))
  return shop.run(name, ['--import', `${name}-1-1`, '--fetch', '.fetch', '--out', '.pkg.tar.gz'])
}

const tar = (...options: readonly string[]): Buffer =>
  execFileSync('tar', [...options, '-c', '-C', tree, '.'])

test('a tar, a tar.gz and a tar.xz of the same folder become the same package, in the normal form', () => {
  const forms = [
    tar(),
    tar('-z'),
    tar('-J'),
    tar('--format=gnu', '--mtime=@1', '--owner=me:77'),
    tar('--format=pax'),
    tar('--format=v7'),
  ]
  const digests = forms.map((archive, index) => {
    const ran = imported(`form${index}`, archive)
    expect(ran.stderr).toMatch(
      new RegExp(`^import form${index}-1-1\nimported form${index}-1-1, 0.0 MB, tar sha256 [0-9a-f]{64}\n$`),
    )
    expect(readdirSync(shop.folder(`form${index}`)).sort()).toEqual(['.fetch', '.pkg.tar.gz'])
    return readIdentity(join(shop.folder(`form${index}`), '.pkg.tar.gz'))
  })
  expect(new Set(digests).size).toBe(1)
  const listed = execFileSync('tar', ['-tvf', join(shop.folder('form0'), '.pkg.tar.gz')], {
    encoding: 'utf8',
  })
  expect(listed.replace(/ +\d+ 20.*? (?=bin)/g, ' ')).toBe(`drwxr-xr-x 0/0 bin/
-rwxr-xr-x 0/0 bin/alias
lrwxrwxrwx 0/0 bin/link -> tool
hrwxr-xr-x 0/0 bin/tool link to bin/alias
`)
})

test('what stands behind the end of an archive is refused, whoever would show it', () => {
  const ran = imported('behind', Buffer.concat([tar(), tar()]))
  expect(ran.stderr).toContain('it stands behind the end of the archive')
  expect(ran.status).toBe(2)
})

test('an archive of another kind is called by its name', () => {
  expect(imported('bzip2', Buffer.from('BZh91AY&SY')).stderr).toContain(
    'it is a bzip2 file, and an archive is a tar, a tar.gz or a tar.xz',
  )
})

test('a hostile archive is refused and leaves nothing', () => {
  const archive = execFileSync('tar', [
    '-c',
    '-P',
    '--transform',
    's,^bin/tool,../tool,',
    '-C',
    tree,
    'bin/tool',
  ])
  const ran = imported('hostile', archive)
  expect(ran.status).toBe(2)
  expect(ran.stderr).toContain(
    'do-build: cannot unpack archive: its name leads outside by ".."\n  entry "../tool"\n',
  )
  expect(readdirSync(shop.folder('hostile'))).toEqual(['.fetch'])
})

test('an archive that announces a header of 4 GiB is refused by name, however well its bytes compress', () => {
  const huge = Buffer.concat([
    entry({ name: 'fine' }, 'data'),
    header({ name: 'evil', type: 'x', size: 2 ** 32 }),
    Buffer.alloc(2 ** 24, '9'),
  ])
  const ran = imported('huge', gzipSync(huge))
  expect(ran.stderr).toBe(
    'import huge-1-1\ndo-build: cannot unpack archive: its pax header has 4294967296 bytes, and 1048576 is the limit\n  entry "evil"\n',
  )
  expect(ran.status).toBe(2)
  expect(readdirSync(shop.folder('huge'))).toEqual(['.fetch'])
})

test('a tar.xz that was cut off or is damaged is refused', () => {
  const whole = tar('-J')
  const cut = imported('cut', whole.subarray(0, whole.length - 30))
  expect(cut.status).toBe(2)
  expect(cut.stderr).toMatch(/cannot read archive: .*Unexpected end of input/)
  expect(existsSync(join(shop.folder('cut'), '.pkg.tar.gz'))).toBe(false)
})

test('a list with no archive or with several is refused', () => {
  writeFileSync(
    join(shop.folder('several'), '.fetch'),
    [shop.source('a', 'a'), shop.source('b', 'b')].join('\n'),
  )
  const ran = shop.run('several', ['--import', 'several-1-1', '--fetch', '.fetch', '--out', '.pkg.tar.gz'])
  expect(ran.stderr).toBe('do-build: cannot import the package: ".fetch" names 2 sources, not one archive\n')
  expect(ran.status).toBe(2)
})

test('without xz the command that installs it is named', () => {
  writeFileSync(join(shop.folder('bare'), '.fetch'), shop.source('archive', tar('-J')))
  const ran = shop.run('bare', ['--import', 'bare-1-1', '--fetch', '.fetch', '--out', '.pkg.tar.gz'], {
    env: { PATH: '/nowhere' },
  })
  expect(ran.stderr).toMatch(/^do-build: cannot read a \.tar\.xz: xz is not on PATH\n {2}.*xz/)
  expect(ran.status).toBe(2)
  expect(readFileSync(join(shop.folder('bare'), '.fetch'), 'utf8')).toContain('sha256')
})
