import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { mustRun, run, smallTree } from '../../support/small-tree.ts'
import { manifest } from '../../support/tree.ts'

const PATCH = '--- a/hello\n+++ b/hello\n@@ -1 +1 @@\n-hello\n+hello, patched\n'

/** Its author's name is not in UTF-8. */
const OLD_PATCH = Buffer.from('From: J\xf6rg\n--- a/new\n+++ b/new\n@@ -0,0 +1 @@\n+new\n', 'latin1')

test('sbom tells of built packages what their manifests and their bytes say', async () => {
  const tree = smallTree({})
  const source = join(tree.root, 'hello-1.tar')
  mkdirSync(join(tree.root, 'hello-1'))
  writeFileSync(join(tree.root, 'hello-1/hello'), 'hello\n')
  spawnSync('tar', ['-C', tree.root, '-cf', source, 'hello-1'])
  const url = `file://${source.replaceAll(' ', '%20')}`
  const digest = sha256(readFileSync(source))
  const hello = manifest({
    sources: `[{ sha256: '${digest}', urls: ['${url}'] }]`,
    patches: "['a.patch', 'old.patch']",
    buildDeps: "['seed']",
    license: "'MIT OR Apache-2.0'",
    strip: "'none'",
    build: 'sh`mkdir "$DESTDIR/share"; cp hello "$DESTDIR/share/"`',
  })
  tree.write('pkg/hello/package.ts', hello)
  tree.write('pkg/hello/files/a.patch', PATCH)
  writeFileSync(join(tree.root, 'pkg/hello/files/old.patch'), OLD_PATCH)
  const first = join(tree.root, 'first.json')
  mustRun(tree, ['bin/coolports', '-C', tree.root, 'sbom', '--format', 'cyclonedx', 'hello', '-o', first])
  const bom = JSON.parse(readFileSync(first, 'utf8'))
  expect(bom.components).toHaveLength(1)
  expect(bom.components[0]).toMatchObject({
    name: 'hello',
    licenses: [{ expression: 'MIT OR Apache-2.0' }],
    components: [{ name: 'share/hello', hashes: [{ content: sha256('hello, patched\n') }] }],
    pedigree: {
      ancestors: [{ name: 'hello-1.tar', hashes: [{ content: digest }] }],
      patches: [
        { diff: { url: 'pkg/hello/files/a.patch', text: { content: PATCH } } },
        { diff: { text: { encoding: 'base64', content: OLD_PATCH.toString('base64') } } },
      ],
    },
  })
  expect(bom.formulation[0].components).toMatchObject([
    { name: 'seed', licenses: [{ expression: 'GPL-2.0-only' }] },
  ])

  const second = join(tree.root, 'second.json')
  mustRun(tree, ['bin/coolports', '-C', tree.root, 'sbom', '--format', 'spdx', 'hello', '-o', second])
  const document = JSON.parse(readFileSync(second, 'utf8'))
  const names: string[] = document.packages.map(({ name }: { name: string }) => name)
  expect(names.sort()).toEqual(['hello', 'hello-1.tar', 'seed', 'seed.tar'])
  expect(document.files.map(({ fileName }: { fileName: string }) => fileName)).toEqual([
    './share/hello',
    './pkg/hello/files/a.patch',
    './pkg/hello/files/old.patch',
  ])

  const full = 'bin/coolports -C "$PWD" sbom --format spdx hello >/dev/full'
  expect(run(tree, ['sh', '-c', full])).toEqual({
    status: 2,
    said: 'coolports: cannot write the answer to stdout: the disk is full\n',
  })
  const piped = 'bin/coolports -C "$PWD" sbom --format spdx hello -o /dev/stdout | cat'
  expect(run(tree, ['sh', '-c', piped])).toEqual({ status: 0, said: readFileSync(second, 'utf8') })
})
