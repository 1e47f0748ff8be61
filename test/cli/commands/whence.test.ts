import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { Ground } from '../../helpers/install/support.ts'
import { keyAt, keyFileText, pkgKeyText, runDep } from '../../support/pkgkey.ts'
import { manifest, Tree } from '../../support/tree.ts'
import { coolports } from '../support.ts'

const SOURCE = sha256('a source')
const PATCH = sha256('a patch')

/** A package `tool` upon `base`, and a tree whose manifest tells the url of its source. */
async function ground(): Promise<{ readonly ground: Ground; readonly tree: Tree }> {
  const made = new Ground()
  await made.make('base', '1', { 'lib/base': 'base', 'share/both': 'of base', 'share/gone': 'gone' })
  await made.make('tool', '2', { 'bin/tool': '!tool', 'bin/t': '-> tool' }, ['base'])
  // With a key that tells of sources and patches.
  const text = pkgKeyText({
    name: 'tool',
    version: '2',
    sources: [{ sha256: SOURCE, file: 'tool.tar' }],
    files: ['a.patch', 'unused'].map(path => ({ mode: '644', sha256: PATCH, path })),
    script: ['patch -p1 </files/a.patch'],
    runDeps: [runDep('base', keyAt(made.tree, 'base').hash)],
  })
  writeFileSync(join(made.tree, 'pkg/tool/.pkghash'), keyFileText(text))
  const tree = new Tree({
    'pkg/tool/package.ts': manifest({
      sources: `[{ sha256: '${SOURCE}', urls: ['https://example.org/tool.tar'] }]`,
    }),
  })
  for (const name of ['base', 'tool']) {
    mkdirSync(join(tree.root, 'pkg', name), { recursive: true })
    for (const file of ['.pkghash', '.pkg.tar.gz'])
      copyFileSync(join(made.tree, 'pkg', name, file), join(tree.root, 'pkg', name, file))
  }
  return { ground: made, tree }
}

const told = (made: Ground) => {
  const { hash } = keyAt(made.tree, 'tool')
  return {
    path: '/bin/tool',
    package: 'tool',
    version: '2-1',
    pkghash: hash,
    tar: sha256(gunzipSync(readFileSync(join(made.tree, 'pkg/tool/.pkg.tar.gz')))),
    sha256: sha256('tool'),
    changed: false,
    missing: false,
    sources: [{ sha256: SOURCE, file: 'tool.tar', urls: ['https://example.org/tool.tar'] }],
    patches: [{ sha256: PATCH, file: 'a.patch' }],
    builders: [],
  }
}

test('whence tells of a file of a root its package, sources, patches, digests and builder', async () => {
  const { ground: made, tree } = await ground()
  await made.install('tool')
  const ask = async (path: string) =>
    JSON.parse((await coolports(tree, 'whence', made.root, path, '--json')).out)
  expect(await ask('/bin/tool')).toEqual(told(made))
  made.write({ 'bin/tool': '!edited' })
  expect(await ask('bin/../bin/tool')).toEqual({ ...told(made), changed: true })
  rmSync(join(made.root, 'bin/tool'))
  expect(await ask('/bin/tool')).toEqual({ ...told(made), changed: true, missing: true })
  expect((await coolports(tree, 'whence', made.root, '/bin/tool')).out).toMatch(
    /^path {5}\/bin\/tool {2}\(not there any longer\)\n/,
  )
  const packages = join(tree.root, '.store/packages')
  mkdirSync(packages, { recursive: true })
  writeFileSync(join(packages, `${told(made).pkghash}.0123456789ABCDEF.minisig`), '')
  expect(await coolports(tree, 'whence', made.root, '/bin/t')).toEqual({
    status: 0,
    out: [
      'path     /bin/t',
      'package  tool 2-1',
      `pkghash  ${told(made).pkghash}`,
      `tar      ${told(made).tar}`,
      `source   ${SOURCE}  tool.tar`,
      '           https://example.org/tool.tar',
      `patch    ${PATCH}  a.patch`,
      'builder  0123456789ABCDEF',
      '',
    ].join('\n'),
    err: '',
  })
  expect(await coolports(tree, 'whence', made.root, '/bin')).toEqual({
    status: 1,
    out: '',
    err: 'coolports: cannot tell where "/bin" comes from: no package has a file or a symlink there\n',
  })
  // A key that is not what the pkghash says is not believed.
  writeFileSync(join(tree.root, 'pkg/tool/.pkghash'), keyFileText(`${keyAt(tree.root, 'tool').text}| true\n`))
  expect(await ask('/bin/tool')).toMatchObject({ package: 'tool', sources: null, patches: null })
})

test('whence tells the same of an image, in a layout or in an archive', async () => {
  const { ground: made, tree } = await ground()
  const layout = layoutOf(made, ['base', 'tool'])
  const ask = async (image: string, path: string) => coolports(tree, 'whence', image, path, '--json')
  const read = async (image: string, path: string) => JSON.parse((await ask(image, path)).out)
  expect(await read(layout, '/bin/tool')).toEqual(told(made))
  expect(await read(layout, '/lib/base')).toMatchObject({
    package: 'base',
    sha256: sha256('base'),
    sources: [],
  })
  expect(await ask(layout, '/none')).toMatchObject({ status: 1 })

  const archive = join(made.folder, 'layout.tar')
  spawnSync('tar', ['-C', layout, '-cf', archive, '.'])
  expect(await read(archive, '/bin/tool')).toEqual(told(made))

  // docker load's form: no annotations, so the package is known by the history, and its key by its tar.
  const docker = join(made.folder, 'docker.tar')
  spawnSync('tar', ['-C', dockerOf(made, ['base', 'tool']), '-cf', docker, '.'])
  expect(await read(docker, '/bin/tool')).toEqual(told(made))

  const other = join(made.folder, 'noise')
  writeFileSync(other, 'no archive at all, and not even a long text')
  expect(await ask(other, '/bin/tool')).toMatchObject({
    status: 2,
    err: expect.stringContaining('cannot read the image'),
  })
})

test('whence sees an image as those see it who run it: what a higher layer has or deletes counts', async () => {
  const { ground: made, tree } = await ground()
  await made.make('top', '1', { 'share/both': 'of top', 'share/.wh.gone': '' })
  const layout = layoutOf(made, ['base', 'top'])
  const both = await coolports(tree, 'whence', layout, '/share/both', '--json')
  expect(JSON.parse(both.out)).toMatchObject({ package: 'top', sha256: sha256('of top') })
  expect(await coolports(tree, 'whence', layout, '/share/gone')).toMatchObject({ status: 1 })
  await made.make('top', '1', { 'share/both/x': 'of top' })
  expect(await coolports(tree, 'whence', layoutOf(made, ['base', 'top']), '/share/both')).toMatchObject({
    status: 1,
    err: expect.stringContaining('no package has a file or a symlink there'),
  })
})

test('whence believes no layer, manifest or config that is not what its digest says', async () => {
  const { ground: made, tree } = await ground()
  for (const [index, what] of [
    'a layer is not what its sha256 says',
    'the manifest is not',
    'the config is not',
  ].entries()) {
    const layout = layoutOf(made, ['base', 'tool'])
    const descriptor = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests[0]
    const file = (digest: string) => join(layout, 'blobs/sha256', digest.slice('sha256:'.length))
    const inner = JSON.parse(readFileSync(file(descriptor.digest), 'utf8'))
    const damaged = file([inner.layers[1], descriptor, inner.config][index].digest)
    const bytes = readFileSync(damaged)
    // In a layer: the length of the last block, which no reader of a tar looks at.
    if (index === 0) bytes.writeUInt8((bytes.at(9) ?? 0) ^ 1, 9)
    writeFileSync(damaged, index === 0 ? bytes : `${bytes} `)
    expect(await coolports(tree, 'whence', layout, '/bin/tool')).toMatchObject({
      status: 2,
      err: expect.stringContaining(what),
    })
    rmSync(layout, { recursive: true })
  }
})

test('whence takes no name that an image gives a package for a path, and runs no manifest there', async () => {
  const { ground: made, tree } = await ground()
  const source = `[{ sha256: '${SOURCE}', urls: ['https://example.org/elsewhere.tar'] }]`
  tree.write('package.ts', manifest({ sources: source }))
  mkdirSync(join(tree.root, '.store/packages'), { recursive: true })
  writeFileSync(join(tree.root, `.store/packages/${told(made).pkghash}.key`), keyAt(made.tree, 'tool').text)
  const layout = layoutOf(made, ['base', 'tool'], '..')
  const { out } = await coolports(tree, 'whence', layout, '/bin/tool', '--json')
  expect(JSON.parse(out)).toMatchObject({ package: 'tool', sources: told(made).sources })
})

const layersOf = (made: Ground, names: readonly string[]) =>
  names.map(name => {
    const bytes = readFileSync(join(made.tree, 'pkg', name, '.pkg.tar.gz'))
    const version = name === 'tool' ? '2-1' : '1-1'
    const { hash: pkghash } = keyAt(made.tree, name)
    return { name, version, pkghash, bytes, tar: gunzipSync(bytes) }
  })

type Layers = ReturnType<typeof layersOf>

const configOf = (layers: Layers) =>
  Buffer.from(
    JSON.stringify({
      rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => `sha256:${sha256(tar)}`) },
      history: layers.map(({ name, version }) => ({ created_by: `coolports ${name} ${version}` })),
    }),
  )

/** An OCI image layout of packages, the lowest first. `called`: what its annotations call them all. */
function layoutOf(made: Ground, names: readonly string[], called?: string): string {
  const folder = join(made.folder, 'layout')
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
  const put = (bytes: Uint8Array) => {
    writeFileSync(join(folder, 'blobs/sha256', sha256(bytes)), bytes)
    return { digest: `sha256:${sha256(bytes)}`, size: bytes.length }
  }
  const layers = layersOf(made, names)
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: put(configOf(layers)),
      layers: layers.map(({ name, version, pkghash, bytes, tar }) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        ...put(bytes),
        annotations: {
          'coolports.package': called ?? name,
          'coolports.version': version,
          'coolports.pkghash': pkghash,
          'coolports.tar': `sha256:${sha256(tar)}`,
        },
      })),
    }),
  )
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [put(manifest)] }))
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  return folder
}

/** What is in an archive for docker load. */
function dockerOf(made: Ground, names: readonly string[]): string {
  const folder = join(made.folder, 'docker')
  mkdirSync(folder)
  const layers = layersOf(made, names)
  for (const { name, tar } of layers) writeFileSync(join(folder, `${name}.tar`), tar)
  writeFileSync(join(folder, 'config.json'), configOf(layers))
  const manifest = [{ Config: 'config.json', RepoTags: null, Layers: names.map(name => `${name}.tar`) }]
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
  return folder
}
