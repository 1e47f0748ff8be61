import { MultiBar, type SingleBar } from 'cli-progress'
import { bytes } from '../../core/size.ts'
import { lines, type Paint } from './lines.ts'
import type { Reporter } from './reporter.ts'

/** A bar for each download, with the lines that are worth keeping above them. */
export function bars(stream: NodeJS.WritableStream, paint: Paint): Reporter {
  const board = new MultiBar({
    stream,
    clearOnComplete: true,
    hideCursor: false, // a killed program could not bring it back
    stopOnComplete: false,
    forceRedraw: true,
    barsize: 24,
    format: '{file} [{bar}] {have}{of} {place}',
    barCompleteChar: '#',
    barIncompleteChar: '.',
  })
  const shown = new Map<string, SingleBar>()
  const places = new Map<string, string>()
  const above = lines(text => board.log(text), paint)
  const remove = (file: string): void => {
    const bar = shown.get(file)
    if (bar) board.remove(bar)
    shown.delete(file)
  }
  return {
    ...above,
    started(file, place) {
      remove(file)
      places.set(file, place)
      shown.set(file, board.create(1, 0, { file, place, have: '', of: '' }))
    },
    moved(file, have, total) {
      const bar = shown.get(file)
      bar?.setTotal(total ?? have + 1)
      bar?.update(have, { have: bytes(have), of: total === undefined ? '' : ` of ${bytes(total)}` })
    },
    failed(...event) {
      const [file, place] = event
      if (places.get(file) === place) remove(file) // and not that of another one, which goes on
      above.failed(...event)
    },
    fetched(file, count) {
      remove(file)
      above.fetched(file, count)
    },
    close() {
      board.update() // or the lines since the last redraw would be lost
      board.stop()
    },
  }
}
