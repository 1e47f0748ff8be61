import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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

/** Puts a disk over a folder that takes names for one which differ by case alone. Answers whether this machine can. */
export const mountFolding = (folder: string): boolean =>
  mountImage(folder, ['mkntfs', '-F', '-Q'], image => [
    'lowntfs-3g',
    '-o',
    'ignore_case,permissions',
    image,
    folder,
  ])

/** The same of a disk whose folders each do so after `chattr +F`. */
export const mountFoldingFolders = (folder: string): boolean =>
  mountImage(folder, ['mkfs.ext4', '-q', '-F', '-O', 'casefold'], image => [
    'mount',
    '-o',
    'loop',
    image,
    folder,
  ])

function mountImage(
  folder: string,
  make: readonly [string, ...string[]],
  mount: (image: string) => readonly [string, ...string[]],
): boolean {
  const image = join(mkdtempSync(join(tmpdir(), 'coolports disk-')), 'image')
  const run = ([program, ...words]: readonly [string, ...string[]]) =>
    execFileSync(program, words, { stdio: 'ignore' })
  try {
    run(['truncate', '-s', '16M', image])
    run([...make, image])
    run(mount(image))
    mounted.push(folder)
    return true
  } catch {
    return false
  } finally {
    // Who has it mounted has it open.
    rmSync(dirname(image), { recursive: true })
  }
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
