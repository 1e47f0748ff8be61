import { partOf } from '../../core/part.ts'
import { formatProcess, nameOf, type ProcessName } from '../../core/process-name.ts'

const me = nameOf(process.pid)

/** An earlier process of our number. */
export const DEAD: ProcessName = { ...me, start: '1' }

/** One of our number in another container, of which nobody sees whether it runs. */
export const UNSEEN: ProcessName = { ...me, space: '1' }

/** The part that another process would make. */
export const partBy = (maker: ProcessName, path: string): string =>
  partOf(path).replace(formatProcess(me), formatProcess(maker))
