import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isFar, mountPoints } from '../../core/mounts.ts'
import { mayMountDisk, mountDisk, mountMute } from '../support/mount.ts'

test('a folder of this machine is not far, whatever leads to it', () => {
  const top = mkdtempSync(join(tmpdir(), 'mounts-'))
  symlinkSync('loop', join(top, 'loop'))
  symlinkSync('none', join(top, 'dangling'))
  for (const path of [top, join(top, 'none/at/all'), join(top, 'loop/x'), join(top, 'dangling/x'), '/'])
    expect(isFar(path)).toBe(false)
  rmSync(top, { recursive: true })
})

test.skipIf(!mayMountDisk())(
  'a folder is far behind a mount of a far file system, and nobody asks that',
  ({ skip }) => {
    const top = realpathSync(mkdtempSync(join(tmpdir(), 'mounts of ünser-')))
    const far = join(top, 'far away')
    const answer = mountMute(far)
    if (!answer) return skip()
    try {
      mkdirSync(join(top, 'links'))
      symlinkSync('../far away/packages', join(top, 'links/relative'))
      symlinkSync(join(far, 'packages'), join(top, 'links/absolute'))
      symlinkSync('links', join(top, 'other'))
      expect(mountPoints()).toContain(Buffer.from(far).toString('latin1'))
      for (const path of [
        'far away',
        'far away/a/b',
        'links/relative',
        'other/absolute/x',
        'none/../far away/x',
      ])
        expect([path, isFar(join(top, path))]).toEqual([path, true])
      for (const path of ['', 'far', 'far away too', 'links', 'far away/../links'])
        expect([path, isFar(`${top}/${path}`)]).toEqual([path, path.startsWith('far away/')])
    } finally {
      answer()
    }
    mountDisk(far, 1 << 20)
    expect(isFar(join(far, 'x'))).toBe(false)
  },
)
