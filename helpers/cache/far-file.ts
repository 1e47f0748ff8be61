import { type ChildProcess, spawn } from 'node:child_process'
import { ok, type Result, refuse } from '../../core/result.ts'
import { Broken, type Failure } from './failure.ts'
import type { Opened } from './place.ts'

/**
 * Opens a file of a folder on a file system of the network, by a process of its own: where the server is gone, node would
 * wait in one of its four threads, could do little else, and could not end either.
 */
export async function openFar(
  folder: string,
  name: string,
  signal: AbortSignal,
): Promise<Result<Opened, Failure>> {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', folder, name], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const leave = (): void => {
    child.stdout.destroy()
    child.kill('SIGKILL')
    // A process that waits for a file system may not even end by that.
    child.unref()
  }
  const bytes = bytesOf(child, child.stdout, signal, leave)
  try {
    const first = await bytes.next()
    return ok({ bytes: continued(first, bytes, leave), close: leave })
  } catch (error) {
    return refuse((error as Broken).failure)
  }
}

/** What the process writes. Throws `Broken`, and nothing else. */
async function* bytesOf(
  child: ChildProcess,
  stdout: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  leave: () => void,
): AsyncGenerator<Uint8Array> {
  // To be heard of in time: the process ends before its last bytes are read.
  const ended = new Promise<number | null>(resolve => {
    child.once('exit', resolve).once('error', () => resolve(null))
  })
  signal.addEventListener('abort', leave)
  try {
    if (signal.aborted) leave()
    yield* stdout
    const status = await ended
    if (status !== 0) throw new Broken(failureBy[status ?? -1] ?? UNREADABLE)
  } catch (error) {
    throw error instanceof Broken ? error : new Broken(signal.aborted ? OVER : UNREADABLE)
  } finally {
    signal.removeEventListener('abort', leave)
    leave()
  }
}

async function* continued(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterable<Uint8Array>,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    if (first.done) return
    yield first.value
    yield* rest
  } finally {
    close()
  }
}

const SCRIPT = `file=$1/$2
if [ -f "$file" ]; then exec cat "$file"; fi
[ ! -e "$file" ] || exit 41
[ ! -d "$1" ] || exit 42
[ ! -e "$1" ] || exit 43
exit 44`

const UNREADABLE: Failure = { kind: 'unreachable', why: 'the file cannot be read' }
const OVER: Failure = { kind: 'unreachable', why: 'nobody waits for it any more' }

/** By the status of the script. */
const failureBy: Readonly<Record<number, Failure>> = {
  41: { kind: 'refused', why: 'it is not a file' },
  42: { kind: 'absent' },
  43: { kind: 'unreachable', why: 'it is not a folder' },
  44: { kind: 'no folder' },
}
