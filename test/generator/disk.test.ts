import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fillDisk, mayMountDisk, mountDisk } from '../support/mount.ts'
import { manifest, Tree } from '../support/tree.ts'

const program = resolve(import.meta.dirname, '../../dist/gen.js')
const disk = mkdtempSync(join(tmpdir(), 'coolports-disk-'))

afterAll(() => rmdirSync(disk))

test.runIf(mayMountDisk())('a full disk leaves no half file, and the next run goes on', () => {
  const tree = new Tree()
  mountDisk(disk, 128 * 1024)
  rmSync(join(tree.root, 'pkg'), { recursive: true })
  symlinkSync(disk, join(tree.root, 'pkg'))
  tree.write('pkg/a/package.ts', manifest())
  const clear = fillDisk(disk)
  const gen = () => spawnSync(process.execPath, [program, '--root', tree.root], { encoding: 'utf8' })

  const { status, stderr } = gen()
  expect(stderr).toMatch(/^coolports-gen: cannot write the rules: the disk is full\n {2}make room there; /)
  expect(status).toBe(2)
  expect(readdirSync(join(disk, 'a'))).toEqual(['package.ts'])

  clear()
  expect(gen().status).toBe(0)
  expect(tree.read('pkg/a/.pkghash.do')).toContain('redo-ifchange')
})
