import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
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

/**
 * Puts a file system over a folder that never answers, like one of the network whose server is gone: FUSE with nobody
 * behind it. Answers what ends that, at which all that wait get an error; undefined where this machine cannot have one.
 */
export function mountMute(folder: string): (() => void) | undefined {
  if (!existsSync('/dev/fuse')) return undefined
  mkdirSync(folder, { recursive: true })
  const fuse = openSync('/dev/fuse', 'r+')
  try {
    const options = 'fd=3,rootmode=40000,user_id=0,group_id=0'
    execFileSync('mount', ['-i', '-t', 'fuse', '-o', options, 'mute', folder], {
      stdio: ['ignore', 'ignore', 'ignore', fuse],
    })
  } catch {
    closeSync(fuse)
    return undefined
  }
  return () => {
    closeSync(fuse)
    execFileSync('umount', [folder])
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
