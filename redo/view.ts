import { legible } from '../core/legible.ts'
import { isInForeground } from '../core/process.ts'
import { fit } from './fit.ts'
import type { Forecast, Outlook } from './forecast.ts'
import type { Size, Terminal } from './terminal.ts'
import type { FileName } from './tree.ts'

/** What the live view tells: how far the run is, and what runs now. */
interface Facts extends Outlook {
  readonly done: number
  readonly failed: number
  readonly running: readonly Running[]
}

export interface Running {
  readonly name: FileName
  /** Milliseconds that its script has run, without the time that it waited for others. */
  readonly ran: number
}

/** What is done at the moment. */
export interface Work {
  /** The scripts that run now and do not wait, the oldest first. */
  readonly running: readonly Running[]
  /** How many scripts may run at once; undefined when others decide, or none has run. */
  readonly jobs: number | undefined
}

/** The lines at the bottom of a terminal while a run lives. A run that is over at once shows none. */
export class View {
  readonly #terminal: Terminal
  readonly #forecast: Forecast
  readonly #run: Work
  readonly #redraw = () => this.#draw()
  readonly #stop = () => this.#suspend()
  #timer: NodeJS.Timeout
  #isDrawn = false
  /** How many were seen running at once: the jobs, as far as we know, where others hand out the tokens. */
  #most = 1

  constructor(terminal: Terminal, forecast: Forecast, run: Work) {
    this.#terminal = terminal
    this.#forecast = forecast
    this.#run = run
    this.#timer = setTimeout(() => {
      this.#isDrawn = true
      process.stderr.on('resize', this.#redraw)
      process.on('SIGTSTP', this.#stop)
      this.#draw()
      this.#timer = setInterval(this.#redraw, 200)
    }, 300)
  }

  /** Draws no more; the terminal folds the last drawing away when it is closed. */
  close(): void {
    clearTimeout(this.#timer)
    if (!this.#isDrawn) return
    process.stderr.off('resize', this.#redraw)
    process.off('SIGTSTP', this.#stop)
  }

  #draw(): void {
    if (!isInFront()) {
      this.#terminal.show([])
      return
    }
    const { running, jobs } = this.#run
    this.#most = Math.max(this.#most, running.length)
    const ran = new Map(running.map(one => [one.name, one.ran]))
    const outlook = this.#forecast.outlook(ran, jobs ?? this.#most)
    const { done, failed } = this.#forecast
    this.#terminal.show(viewOf({ done, failed, running, ...outlook }, size()))
  }

  /** Leaves a clean terminal to the shell; the next drawing is that after it let us go on. */
  #suspend(): void {
    this.#terminal.show([])
    process.kill(process.pid, 'SIGSTOP')
  }
}

/** In the background of a shell (`do &`), the terminal is another program's. */
const isInFront = (): boolean => !process.stderr.isTTY || isInForeground()

/** Some terminals do not know their size, and a file has none. */
function size(): Size {
  const { columns, rows } = process.stderr
  return { columns: columns || 80, rows: rows || 24 }
}

/** No wider than the terminal, and no more than half as high. */
export function viewOf(facts: Facts, { columns, rows }: Size): readonly string[] {
  const { running } = facts
  const room = Math.max(1, Math.floor(rows / 2))
  const shown = running.length < room ? running : running.slice(0, Math.max(0, room - 2))
  const more = running.length - shown.length
  const lines = [
    summary(facts),
    ...shown.map(({ name, ran }) => {
      const time = duration(ran).padStart(10)
      return `${time}  ${fit(legible(name), columns - time.length - 3)}`
    }),
    ...(more > 0 && room > 1 ? [`${''.padStart(10)}  and ${more} more`] : []),
  ]
  // The last column stays free: some terminals wrap when it is written.
  return lines.map(line => fit(line, columns - 1))
}

function summary({ done, failed, wanted, running, left }: Facts): string {
  return [
    `${done} of ${wanted} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    `${running.length} running`,
    ...(left === undefined ? [] : [`about ${duration(left)} left`]),
  ].join(', ')
}

/** Coarse, as for people: `7 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/**
 * Whether there is to be a view when nobody said so: on a terminal that can move its cursor, unless a
 * make or another redo has that terminal in its hands.
 */
export function isViewUsual(isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  const { TERM = 'dumb', MAKELEVEL, REDO } = environment
  return isTerminal && TERM !== 'dumb' && TERM !== '' && MAKELEVEL === undefined && REDO === undefined
}
