import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ok, type Result, refuse } from '../../core/result.ts'
import { closeStrays } from '../sandbox/descriptors.ts'
import type { Failure } from './failure.ts'
import { fileFailure, openingFailure } from './folder-failure.ts'
import type { Answer, Question } from './folder-reader.ts'

// The process of folder-reader.ts: `read-folder FOLDER`. Any question may last for ever, and then not even a SIGKILL ends
// it: so it holds nothing for whose end somebody could wait.

interface Handle {
  readonly handle: FileHandle
  readonly length: number
}

const CLOSED: Failure = { kind: 'unreachable', why: 'the file was closed' }

/** In bytes. What comes slowly comes in pieces that are small enough for those who watch whether it moves. */
const CHUNK = 128 * 1024

const [folder = ''] = process.argv.slice(2)
const files = new Map<number, Promise<Result<Handle, Failure>>>()

// Pipes of a redo, say, which would wait for their end.
closeStrays()
// To exit would be to wait for the threads.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('message', (question: Question) => void take(question))

async function take(question: Question): Promise<void> {
  const { file, ask } = question
  switch (ask) {
    case 'start':
      return tell({ file, bytes: new Uint8Array() })
    case 'open': {
      const opening = openFile(question.name)
      files.set(file, opening)
      const opened = await opening
      return tell({ file, ...(opened.ok ? { length: opened.value.length } : { failure: opened.error }) })
    }
    case 'read': {
      const opened = await files.get(file)
      return tell({ file, ...(opened?.ok ? await readOn(opened.value) : { failure: CLOSED }) })
    }
    case 'close': {
      const opening = files.get(file)
      files.delete(file)
      const opened = await opening
      if (opened?.ok) await opened.value.handle.close().catch(() => {})
    }
  }
}

async function openFile(name: string): Promise<Result<Handle, Failure>> {
  try {
    const handle = await open(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK) // a fifo would wait for its writer
    const stats = await handle.stat()
    if (stats.isFile()) return ok({ handle, length: stats.size })
    await handle.close()
    return refuse({ kind: 'refused', why: 'it is not a file' })
  } catch (error) {
    return refuse(await openingFailure(error, folder))
  }
}

async function readOn({ handle }: Handle): Promise<{ bytes: Uint8Array } | { failure: Failure }> {
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null)
    return { bytes: buffer.subarray(0, bytesRead) }
  } catch (error) {
    return { failure: fileFailure(error) }
  }
}

/** Where that fails nobody is there any more. */
function tell(answer: Answer): void {
  process.send?.(answer, undefined, {}, () => {})
}
