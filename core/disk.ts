import { statfsSync } from 'node:fs'
import type { Message } from './message.ts'

/** Whether a system call failed because there was no room, or none that this user may take. */
export function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** Less than any build needs. */
const LITTLE_BYTES = 1024 ** 2
const FEW_FILES = 16

/** Whether the disk of a folder is as good as full: of bytes, or of files where their number is bounded. */
export function isOutOfRoom(folder: string): boolean {
  const { bavail, bsize, files, ffree } = statfsSync(folder)
  return bavail * bsize < LITTLE_BYTES || (files > 0 && ffree < FEW_FILES)
}

/** What a person is told who wanted to do something that there was no room for. */
export const diskFullMessage = (cannot: string, folder?: string): Message => ({
  cannot,
  why: 'the disk is full',
  ...(folder === undefined ? {} : { facts: [['folder', folder]] }),
  remedy: 'make room there; nothing is left half done, and the next run goes on',
})
