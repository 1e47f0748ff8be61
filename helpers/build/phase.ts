/** How the shells that we know of name a line of the script that they complain of: dash, mksh, then busybox and bash. */
const LINE = /^\/build\.sh(?:: (\d+): |\[(\d+)\]: |: line (\d+): )/

/**
 * The phase of a build's script that the shell complained of last, by the line that it named; undefined where
 * it was another program that failed, which knows no line. The script itself says nothing of its phases when
 * it runs, for its text is in the key.
 */
export function complainedPhase(script: string, log: readonly string[]): string | undefined {
  const named = log.flatMap(line => LINE.exec(line)?.slice(1).find(Boolean) ?? []).at(-1)
  if (named === undefined) return undefined
  const rows = script.split('\n').slice(0, Number(named))
  // Each phase is a comment and a subshell; a comment in the text of one has no parenthesis below it.
  return rows
    .flatMap((row, index) => (rows[index + 1] === '(' ? (/^# ([a-z-]+)$/.exec(row)?.[1] ?? []) : []))
    .at(-1)
}
