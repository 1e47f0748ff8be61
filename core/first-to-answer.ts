/** Who is asked for something, see firstToAnswer(). */
export interface Rival<Answer> {
  /**
   * Answers nothing when there is nothing to be had for good, or when the signal says that another one has won. Says by
   * `pauses` that it has nothing now and will try again, so that nobody has to wait for that.
   */
  ask(signal: AbortSignal, pauses: () => void): Promise<Answer | undefined>
  /** It has kept us waiting for `ms` (0 where it makes a pause), and the next one is asked. */
  dawdles(ms: number): void
  /** What it answered is of no use any more. */
  decline(answer: Answer): void
}

/**
 * Asks one after the other, the next one when the last has nothing, or has said nothing for `patienceMs`; who was asked
 * before may win yet. The first who answers has won, and the others are left. Nothing if nobody answers. Where several
 * keep us waiting, each has less time than the one before (a half, a third ...), so that many do not cost a multiple;
 * `besides` is how many others do so.
 */
export function firstToAnswer<Answer, Who extends Rival<Answer>>(
  rivals: readonly Who[],
  patienceMs: number,
  besides = 0,
): Promise<{ readonly winner: Who; readonly answer: Answer } | undefined> {
  const waiting = [...rivals]
  const asked = new Map<Who, AbortController>()
  let last: Who | undefined
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const end = (): void => {
    isOver = true
    clearTimeout(timer)
    for (const controller of asked.values()) controller.abort()
  }
  return new Promise((resolve, reject) => {
    const askNext = (): void => {
      clearTimeout(timer)
      const rival = waiting.shift()
      if (rival !== undefined) ask(rival)
      else if (asked.size === 0) resolve(undefined)
    }
    const ask = (rival: Who): void => {
      const controller = new AbortController()
      asked.set(rival, controller)
      last = rival
      const pauses = (): void => {
        if (!isOver && rival === last) nextAfter(rival, 0)
      }
      rival.ask(controller.signal, pauses).then(answer => hear(rival, answer), fail)
      const ms = patienceMs / (asked.size + besides)
      if (rival === last) timer = setTimeout(() => nextAfter(rival, ms), ms)
    }
    const nextAfter = (slow: Who, ms: number): void => {
      if (waiting.length === 0) return
      slow.dawdles(ms)
      askNext()
    }
    const hear = (rival: Who, answer: Answer | undefined): void => {
      asked.delete(rival)
      if (isOver) {
        if (answer !== undefined) rival.decline(answer)
      } else if (answer !== undefined) {
        end()
        resolve({ winner: rival, answer })
      } else if (rival === last || asked.size === 0) askNext()
    }
    const fail = (error: unknown): void => {
      if (!isOver) end()
      reject(error)
    }
    askNext()
  })
}
