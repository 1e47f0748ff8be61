import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { ImageFiles } from '../../../helpers/whence/image-files.ts'
import type { ImageLayer } from '../../../helpers/whence/image-layers.ts'
import { lookInLayer } from '../../../helpers/whence/in-layer.ts'

test('a hard link has the digest of the file that it is a name of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'layer-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/a'), 'text', { mode: 0o755 })
  linkSync(join(folder, 'bin/a'), join(folder, 'bin/b'))
  const { stdout } = spawnSync('tar', ['-C', folder, '-c', 'bin/a', 'bin/b'])
  const files = {
    open: async () =>
      (async function* () {
        yield stdout
      })(),
  } as unknown as ImageFiles
  const layer = { path: 'layer', tar: sha256(stdout) } as unknown as ImageLayer
  for (const path of ['bin/a', 'bin/b'])
    expect(await lookInLayer(files, layer, path)).toEqual({
      ok: true,
      value: { found: { kind: 'file', sha256: sha256('text'), mode: 0o755 }, hides: false },
    })
})
