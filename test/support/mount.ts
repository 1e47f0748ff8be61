import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

const mounted: string[] = []

afterEach(() => {
  for (const folder of mounted.splice(0).reverse()) execFileSync('umount', [folder])
})

/** Puts a disk of its own, with room for so many bytes, over a folder until the end of the test. */
export function mountDisk(folder: string, bytes: number): void {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
  mounted.push(folder)
}

/** Makes room on a disk, or takes it away, without touching what is on it. */
export const resizeDisk = (folder: string, bytes: number): void => {
  execFileSync('mount', ['-o', `remount,size=${bytes}`, folder])
}

/** Fills a disk to the last byte; answers with what takes the filling away. */
export function fillDisk(folder: string): () => void {
  const file = join(folder, '.filling')
  const fd = openSync(file, 'w')
  for (let size = 65536; size >= 1; ) {
    try {
      writeSync(fd, Buffer.alloc(size))
    } catch {
      size >>= 1
    }
  }
  closeSync(fd)
  return () => rmSync(file)
}

/** Without leave to mount there is no disk that a test may fill. */
export function mayMountDisk(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'coolports disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}
