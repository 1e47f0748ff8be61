import { closeSync, constants, openSync } from 'node:fs'
import { destinationOf, fileFault } from '../core/destination.ts'
import { quoted } from '../core/message.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { systemFault } from '../core/system-error.ts'
import { writeWhole } from '../core/whole-file.ts'
import { writeAll } from '../core/write-all.ts'
import { type Refusal, trouble } from './output.ts'

/** Writes a file that is there as a whole or not at all; into a device or a fifo, as far as it takes the text. */
export function writeText(file: string, text: string): Result<void, Refusal> {
  try {
    const there = destinationOf(file)
    if (there.kind === 'stream') writeInto(there.fd ?? file, text)
    else if (there.kind === 'file') writeWhole(there.path, text)
    else return refuse(trouble({ cannot: `write ${quoted(file)}`, why: fileFault(there) ?? '' }))
    return ok(undefined)
  } catch (error) {
    const fault = systemFault(error)
    if (!fault) throw error
    return refuse(trouble({ cannot: `write ${quoted(file)}`, why: fault.why }))
  }
}

/** Into what is open here as it is: a second opening would begin elsewhere than where others have come to. */
function writeInto(stream: string | number, text: string): void {
  const fd = typeof stream === 'number' ? stream : openSync(stream, constants.O_WRONLY | constants.O_APPEND)
  try {
    writeAll(fd, Buffer.from(text))
  } finally {
    if (fd !== stream) closeSync(fd)
  }
}
