import { bytes } from '../../core/size.ts'
import type { Reporter } from './reporter.ts'

/** The words of a line that stand out, if colours are wanted. */
export interface Paint {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

/** One plain line for each event: what a log keeps. */
export const lines = (write: (text: string) => void, paint: Paint): Reporter => ({
  started: (file, place) => write(`fetch ${file} from ${place}\n`),
  moved() {},
  dawdles: (file, place, why) =>
    write(`fetch ${file}: ${place} gave ${why}; asking the next place as well\n`),
  failed: (file, place, why, last) =>
    write(`${paint.bad('fetch')} ${file}: ${place} gave ${why}${last ? '' : '; asking the next place'}\n`),
  fetched: (file, count) => write(`${paint.good('fetched')} ${file} ${bytes(count)} sha256 ok\n`),
  waiting: (file, pid) => write(`fetch ${file}: process ${pid} is at it, waiting\n`),
  note: text => write(`${text}\n`),
  close() {},
})
