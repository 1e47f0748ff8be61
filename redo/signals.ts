/** Without `SIG`, as sh says it. */
export type SignalName = 'HUP' | 'INT' | 'QUIT' | 'TERM'

/**
 * The signals that whoever started us has ignored: nohup, or a shell that runs us in the background of a script.
 * bin/redo/start tells of them, since node puts all signals back to their defaults when it starts. They are to
 * do nothing from now on; the variable is for nobody else.
 */
export function ignoreAsTold(environment: NodeJS.ProcessEnv): readonly SignalName[] {
  const words = environment.REDO_IGNORED?.split(' ') ?? []
  delete environment.REDO_IGNORED
  const ignored = (['HUP', 'INT', 'QUIT', 'TERM'] as const).filter(name => words.includes(name))
  // Node cannot ignore, but a handler that does nothing comes to the same.
  for (const name of ignored) process.on(`SIG${name}`, () => {})
  return ignored
}

/** The words of a program that is to ignore signals as well: it would be started with the defaults. */
export function ignoring(
  ignored: readonly SignalName[],
  words: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  if (ignored.length === 0) return words
  return ['sh', '-c', `trap '' ${ignored.join(' ')}; exec "$@"`, 'sh', ...words]
}

const ending = ['INT', 'TERM', 'HUP'] as const

/** Whether it is one that ends a run. */
export const isEnding = (signal: NodeJS.Signals | null): boolean =>
  ending.some(name => signal === `SIG${name}`)

/**
 * `timeout` and a terminal that goes away signal a whole group, and a program of the group that waits for us
 * hands it on: what comes so soon after the first is the same wish.
 */
const ONE_WISH_MS = 200

/** The first signal ends the scripts in good order; the second kills them. Answers with what tells the first. */
export function onSignals(
  stop: (signal: 'SIGTERM' | 'SIGKILL') => void,
  ignored: readonly SignalName[],
): () => NodeJS.Signals | undefined {
  const heard = ending.filter(name => !ignored.includes(name))
  let received: NodeJS.Signals | undefined
  let at = 0
  const handler = (signal: NodeJS.Signals) => {
    if (received !== undefined && performance.now() - at < ONE_WISH_MS) return
    stop(received === undefined ? 'SIGTERM' : 'SIGKILL')
    at = performance.now()
    received ??= signal
  }
  for (const name of heard) process.on(`SIG${name}`, handler)
  return () => {
    for (const name of heard) process.off(`SIG${name}`, handler)
    return received
  }
}
