import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../../../core/digest.ts'
import { withRepository } from '../../../../helpers/mirror/oci-records.ts'
import { fetchInto, folder, put, want } from '../../../helpers/fetch/support.ts'
import { type RealRegistry, startRegistry } from '../../../helpers/oci/registry.ts'
import { smallTree } from '../../../support/small-tree.ts'
import { manifest, type Tree } from '../../../support/tree.ts'
import { coolportsIn, type Said } from '../../support.ts'

const ONE = 'one source\n'
const TWO = 'another source\n'

/** A tree of two packages with a source each, one built from the other. */
function tree(): Tree {
  const made = smallTree({})
  for (const [name, data, deps] of [
    ['low', ONE, "['seed']"],
    ['high', TWO, "['seed', 'low']"],
  ] as const) {
    made.write(`${name}.data`, data)
    const url = `file://${made.root.replaceAll(' ', '%20')}/${name}.data`
    const sources = `[{ file: '${name}.data', urls: ['${url}'], sha256: '${sha256(data)}', unpack: false }]`
    made.write(`pkg/${name}/package.ts`, manifest({ sources, buildDeps: deps }))
  }
  return made
}

describe('mirror push', () => {
  let registry: RealRegistry
  let known = {}
  let stranger = {}
  let home = ''
  beforeAll(async () => {
    registry = await startRegistry({ password: true })
    home = join(registry.storage, '..')
    const auth = Buffer.from('alice:open sesame').toString('base64')
    put(join(home, 'docker/config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }))
    known = { DOCKER_CONFIG: join(home, 'docker') }
    stranger = { DOCKER_CONFIG: join(home, 'none') }
  })
  afterAll(() => registry?.stop())

  const push = ({ root }: Tree, env: Readonly<Record<string, string>>, ...words: readonly string[]): Said =>
    coolportsIn(root, env, '-C', root, 'mirror', 'push', ...words)
  const digests = [sha256(ONE), sha256(TWO)]

  test('gives sources to a registry, from which others fetch them, also after it threw away what nobody needs', async () => {
    const mine = tree()
    const said = push(mine, known, `oci://${registry.host}/mirrors/sources`, 'high')
    expect(said.status, said.err).toBe(0)
    expect(said.out).toContain('pushed high.data\npushed low.data\npushed ')
    expect(said.out).toContain(`${registry.host}/mirrors/sources: 3 sources, `)
    for (const digest of digests)
      expect(mine.read('mirrors/oci')).toContain(
        `sha256: ${digest}\nrepository: ${registry.host}/mirrors/sources\n`,
      )

    // Once more, nothing is sent and nothing is written.
    const before = mine.read('mirrors/oci')
    const again = push(mine, known, `${registry.host}/mirrors/sources`, 'low')
    expect(again.out).toContain('was there low.data\nwas there ')
    expect(again.out).toContain('2 sources, 0 B were sent\n')
    expect(mine.read('mirrors/oci')).toBe(before)

    await registry.kill()
    execFileSync('docker-registry', ['garbage-collect', join(home, 'config.yml')], { stdio: 'ignore' })
    await registry.restart()

    // Another one, who has the list and nothing else.
    const other = tree()
    other.write('mirrors/oci', before)
    for (const name of ['low.data', 'high.data']) rmSync(join(other.root, name))
    const status = coolportsIn(
      other.root,
      known,
      '-C',
      other.root,
      'mirror',
      'status',
      '--at-least=1',
      'high',
    )
    expect(status.out).toMatch(/^ {2}1 {2}low\.data +127\.0\.0\.1$/m)
    const env = { ...known, COOLPORTS_DEBIAN_MIRRORS: '' }
    const requests = [ONE, TWO].map(data => want([], { file: 'data', sha256: sha256(data) }))
    const { outcome } = await fetchInto(other.root, requests, { env })
    expect(outcome).toMatchObject({ ok: true, value: [{ from: { kind: 'oci' } }, { from: { kind: 'oci' } }] })
  })

  test('is refused by a registry that knows nobody of this name: it says how to mend that, and names nothing', () => {
    const mine = tree()
    const { status, err } = push(mine, stranger, `${registry.host}/strange`, 'low')
    expect(status).toBe(1)
    expect(err).toContain(
      `cannot push to "${registry.host}/strange": it wants a password, and no password is kept for it\n`,
    )
    expect(err).toContain(
      `  docker login ${registry.host}, or podman login ${registry.host}, keeps a password for it\n`,
    )
    expect(existsSync(join(mine.root, 'mirrors/oci'))).toBe(false)
  })

  test('sends no damaged source, and names what was pushed before it', () => {
    const mine = tree()
    expect(coolportsIn(mine.root, {}, '-C', mine.root, 'fetch', 'low').status).toBe(0)
    writeFileSync(join(mine.root, '.store/distfiles', sha256(ONE)), 'damaged')
    const { status, err } = push(mine, known, `${registry.host}/damaged`, 'high')
    expect(status).toBe(1)
    expect(err).toContain('cannot push the source "low.data": the file in the store is damaged\n')
    expect(err).toContain(`  got  ${sha256('damaged')}\n`)
    expect(mine.read('mirrors/oci')).toContain(sha256(TWO))
    expect(mine.read('mirrors/oci')).not.toContain(sha256(ONE))
  })

  test('leaves mirrors/oci alone when asked to, or when it is no list', () => {
    const mine = tree()
    expect(push(mine, known, '--no-record', `${registry.host}/quiet`, 'low').status).toBe(0)
    expect(existsSync(join(mine.root, 'mirrors/oci'))).toBe(false)
    mine.write('mirrors/oci', 'no field\n')
    const { status, err } = push(mine, known, `${registry.host}/quiet`, 'low')
    expect([status, mine.read('mirrors/oci')]).toEqual([2, 'no field\n'])
    expect(err).toContain('mirrors/oci:1:1: cannot write records: "no field" is no field')
  })

  test.each([
    ['registry.example/a:tag', 'names a tag or a digest'],
    ['oci://somewhere', 'has no "/" between a registry and a repository'],
    ['https://registry.example/a', 'begins with "https:", which is no host'],
  ])('refuses %s as a repository', (repository, why) => {
    const { status, err } = push(tree(), known, repository, 'low')
    expect([status, err]).toEqual([2, expect.stringContaining(why)])
  })
})

describe('withRepository()', () => {
  const source = { file: 'a.tar', sha256: sha256('a') }

  test('adds what is new behind what is there, which stays as it is', () => {
    const text = '# mine\n%rec: oci_source\n\nsha256: x\nrepository: r.example/a\n\n\n'
    expect(withRepository(text, 'r.example/a', [source])).toEqual({
      ok: true,
      value: `# mine\n%rec: oci_source\n\nsha256: x\nrepository: r.example/a\n\nfile: a.tar\nsha256: ${source.sha256}\nrepository: r.example/a\n`,
    })
  })

  test.each([
    ['by digest', `sha256: ${sha256('a')}\nrepository: r.example/b\nrepository: r.example/a\n`],
    ['with all others', 'sha256: *\nrepository: r.example/a\n'],
  ])('writes nothing where the repository is named %s', (_, text) => {
    expect(withRepository(text, 'r.example/a', [source])).toEqual({ ok: true, value: text })
  })

  test('makes a file that recutils take', () => {
    const made = withRepository('', 'r.example/a', [source])
    if (!made.ok) throw new Error('refused')
    const file = put(join(folder(), 'oci'), made.value)
    execFileSync('recfix', ['--check', file])
    expect(execFileSync('recsel', ['-t', 'oci_source', '-P', 'file', file], { encoding: 'utf8' })).toBe(
      'a.tar\n',
    )
  })
})
