import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'

const mounted: string[] = []

afterEach(() => {
  for (const folder of mounted.splice(0).reverse()) execFileSync('umount', [folder])
})

/** Puts a disk of its own, with room for so many bytes, over a folder until the end of the test; `options` as of mount(8). */
export function mountDisk(folder: string, bytes: number, ...options: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', [`size=${bytes}`, ...options].join(), 'tmpfs', folder])
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

/** The same of a disk that takes every file for one that all may run, whatever mode it is given. */
export const mountModeless = (folder: string): boolean =>
  mountImage(folder, ['mkntfs', '-F', '-Q'], image => ['lowntfs-3g', image, folder])

/** The same of a disk whose clock counts seconds. */
export const mountSeconds = (folder: string): boolean =>
  mountImage(folder, ['mkfs.ext2', '-q', '-F', '-I', '128'], image => ['mount', '-o', 'loop', image, folder])

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

/** A file system like one of the network whose server is gone. */
export interface Mute {
  /** From then on all that is asked of it fails, and those who wait hear so. */
  hangUp(): Promise<void>
  /** After that what lay below it can be seen again. */
  unmount(): Promise<void>
}

/**
 * Puts a file system over a folder, or over a file, that takes each question and answers none. Who asks cannot even be
 * killed. Undefined where this machine cannot have one.
 */
export function mountMute(path: string): Mute | undefined {
  if (!existsSync('/dev/fuse')) return undefined
  if (!existsSync(path)) mkdirSync(path, { recursive: true })
  const fuse = openSync('/dev/fuse', 'r+')
  try {
    const mode = statSync(path).isFile() ? '100000' : '40000'
    const options = `fd=3,rootmode=${mode},user_id=0,group_id=0`
    execFileSync('mount', ['-i', '-t', 'fuse', '-o', options, 'mute', path], {
      stdio: ['ignore', 'ignore', 'ignore', fuse],
    })
    const server = spawn(process.execPath, ['-e', MUTE_SERVER], { stdio: ['pipe', 'ignore', 'ignore', fuse] })
    const hangUp = async (): Promise<void> => {
      if (server.kill('SIGKILL')) await once(server, 'exit')
    }
    const unmount = async (): Promise<void> => {
      await hangUp()
      execFileSync('umount', ['-l', path])
    }
    return { hangUp, unmount }
  } catch {
    return undefined
  } finally {
    closeSync(fuse)
  }
}

/**
 * Says in the words of linux/fuse.h that it is there (FUSE_INIT of version 7.31), and nothing more. Ends with its parent,
 * and after two minutes: a test that touches the file system itself by mistake cannot be ended before.
 */
const MUTE_SERVER = `
const { read, readSync, writeSync } = require('node:fs')
const question = Buffer.alloc(1 << 17)
readSync(3, question)
const answer = Buffer.alloc(16 + 64)
answer.writeUInt32LE(answer.length, 0)
question.copy(answer, 8, 8, 16)
answer.writeUInt32LE(7, 16)
answer.writeUInt32LE(31, 20)
answer.writeUInt32LE(4096, 36)
writeSync(3, answer)
const take = () => read(3, question, take)
take()
const end = () => process.kill(process.pid, 'SIGKILL')
process.stdin.on('end', end).resume()
setTimeout(end, 120_000)
`

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
