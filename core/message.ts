import { legible } from './legible.ts'
import { byCodeUnit } from './order.ts'

/** A place in a file of the tree; `line` and `column` count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * What a person is told when something was refused:
 *
 *     FILE:LINE:COLUMN: cannot <action> <thing>: <why>      (when a place is known)
 *     PROGRAM: cannot <action> <thing>: <why>               (otherwise)
 *       <label> <value>                                     (facts, one a line)
 *       <remedy>                                            (what to do, if we know)
 */
export interface Message {
  readonly cannot: string
  readonly why: string
  readonly at?: Place
  readonly facts?: readonly (readonly [label: string, value: string])[]
  readonly remedy?: string
}

export function formatMessage(program: string, message: Message): string {
  const { at, facts = [], remedy } = message
  const head = at ? `${at.file}:${at.line}:${at.column}` : program
  const width = Math.max(0, ...facts.map(([label]) => label.length))
  return [
    `${head}: cannot ${message.cannot}: ${message.why}`,
    ...facts.map(([label, value]) => `  ${label.padEnd(width)} ${value}`),
    ...(remedy ? [`  ${remedy}`] : []),
  ].join('\n')
}

/** The order in which people meet them: what has no place, then file by file, from the top of each. */
export function byPlace({ at: a }: Message, { at: b }: Message): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  return byCodeUnit(a.file, b.file) || a.line - b.line || a.column - b.column
}

/** A value as it may stand in a message: in quotes, on one line, with nothing a terminal would obey. */
export function quoted(value: string): string {
  return legible(JSON.stringify(value))
}
