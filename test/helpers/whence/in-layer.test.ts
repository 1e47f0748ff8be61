import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { ImageFiles } from '../../../helpers/whence/image-files.ts'
import { lookInLayer } from '../../../helpers/whence/in-layer.ts'
import { END, entry } from '../tar/bytes.ts'

test('a hard link that leads to itself, or to no file, is left as it is', async () => {
  const header = (name: string, target: string) => entry({ name, type: '1', target })
  const bytes = Buffer.concat([
    header('a', 'a'),
    header('b', 'c'),
    header('c', 'b'),
    header('d', 'none'),
    END,
  ])
  for (const [index, path, target] of [
    [0, 'a', 'a'],
    [1, 'b', 'c'],
    [3, 'd', 'none'],
  ] as const)
    expect(await look(bytes, path)).toEqual({ found: { index, kind: 'link', target }, hides: false })
})

test('a hard link has the digest of the file that it is a name of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'layer-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/a'), 'text', { mode: 0o755 })
  linkSync(join(folder, 'bin/a'), join(folder, 'bin/b'))
  const { stdout } = spawnSync('tar', ['-C', folder, '-c', 'bin/a', 'bin/b'])
  for (const path of ['bin/a', 'bin/b'])
    expect(await look(stdout, path)).toEqual({
      found: { index: 0, kind: 'file', sha256: sha256('text'), mode: 0o755 },
      hides: false,
    })
})

/** What a layer of these bytes has at a path. */
async function look(bytes: Buffer, path: string) {
  const files: ImageFiles = {
    open: async () =>
      (async function* () {
        yield bytes
      })(),
  }
  const looked = await lookInLayer(files, { path: 'layer', tar: sha256(bytes), parts: [] }, path)
  if (!looked.ok) throw new Error(looked.error)
  return looked.value
}
