import type { Errand, Outcome } from '../../core/errand.ts'
import { parentOf } from '../../core/process.ts'
import { carryOut } from '../build/carry-out.ts'
import { parseCommand } from '../build/command.ts'
import { endNow, endOnSignal } from '../build/interrupt.ts'
import { NOT_HERE } from '../cache/status.ts'
import { allInStore } from '../fetch/in-store.ts'
import { keepShell } from '../sandbox/sandbox.ts'
import { leaveClient, takePlaceOf } from './client.ts'

/**
 * Does the work of `do-build`, `do-fetch` and `do-reuse` for the scripts of a run, one errand after the other:
 * a start of node costs more than a small build. Redo's coordinator starts it and sends the errands;
 * when that is gone, everything here ends.
 */
leaveClient()
endOnSignal()
keepShell()
process.on('disconnect', () => endNow(1))
process.on('message', (errand: Errand) => void run(errand))

async function run(errand: Errand): Promise<void> {
  const status = takePlaceOf(errand) ? await doors[errand.door]?.(errand.words, errand.pid) : undefined
  leaveClient()
  const wentWell = status === 0 || (errand.door === 'do-reuse' && status === NOT_HERE)
  process.send?.({ ...(status === undefined ? {} : { status }), wentWell } satisfies Outcome)
}

/** What is not for a worker has no status: then the door starts a process of its own. */
type Door = (words: readonly string[], client: number) => number | undefined | Promise<number | undefined>

const doors: Readonly<Record<string, Door>> = {
  // Not help and misuse, which write to stdout and are in no hurry, nor a person's shell, which has a terminal.
  'do-build': words => {
    const command = parseCommand(words, process.env)
    if (!command.ok || !['build', 'test', 'import'].includes(command.value.kind)) return undefined
    return carryOut(command.value)
  },
  // What must be fetched takes its time anyway, and asks for certificates and proxies that node and
  // its libraries read when they start.
  'do-fetch': async (words, client) => {
    const asker = parentOf(client)
    return asker !== undefined && (await allInStore(words, process.env, asker)) ? 0 : undefined
  },
  // Connections stay for the next package; what a cache is asked for is small, and asked for often.
  'do-reuse': async words => {
    const { reuse } = await import('../cache/reuse.ts')
    return reuse(words, process.env, text => process.stderr.write(text))
  },
}
