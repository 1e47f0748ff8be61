import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import yargs, { type Argv } from 'yargs'
import { findPackages } from '../generator/tree.ts'
import type { Command, Common } from './command.ts'

/**
 * The words of a line up to where one is typed, with the value of a last `--option=value` as a word of its own. bash takes
 * those apart into three. `behind` is what the shell wants answers to begin with.
 */
export function readWords(given: readonly string[]): {
  readonly words: readonly string[]
  readonly behind: string
} {
  const words: string[] = []
  for (let index = 0; index < given.length; index++) {
    const [word = '', sign, value = ''] = given.slice(index)
    const isLast = index + 3 >= given.length
    if (!word.startsWith('--') || sign !== '=') words.push(word)
    else {
      words.push(...(isLast ? [word, value] : [`${word}=${value}`]))
      index += 2
    }
  }
  const [, option, value] = /^(--[^=]+)=(.*)$/s.exec(words.at(-1) ?? '') ?? []
  return option === undefined || value === undefined
    ? { words, behind: '' }
    : { words: [...words.slice(0, -1), option, value], behind: `${option}=` }
}

/**
 * The packages that may stand where `current` is, given the words before it, of which the first is the name of a
 * command; none where an option has a value that nobody can tell; undefined where yargs knows better. Which words
 * of a command are packages its usage says. Reads the names of the folders of pkg/ alone.
 */
export function completePackage(
  root: string,
  commands: readonly Command[],
  words: readonly string[],
  current: string,
): readonly string[] | undefined {
  const [name, ...rest] = words
  const command = commands.find(one => one.name === name)
  if (command?.commands) return completePackage(root, command.commands, rest, current)
  if (command === undefined || current.startsWith('-')) return undefined
  const { place, option } = standing(command, rest)
  if (option?.hasChoices) return undefined
  const isPackage = option
    ? command.packageOptions?.includes(option.name)
    : place !== undefined && /^packages?$/.test(place)
  if (!isPackage) return option ? [] : undefined
  const folder = resolve(root)
  if (!existsSync(`${folder}/pkg`)) return undefined
  const prefix = /^(?:\.\/)?pkg\//.exec(current)?.[0] ?? ''
  return findPackages(folder)
    .names.map(one => prefix + one)
    .filter(one => one.startsWith(current))
}

interface Standing {
  /** What the usage calls the next word: `form`, `packages`. */
  readonly place?: string | undefined
  /** The option whose value the next word is. */
  readonly option?: Option
}

interface Option {
  readonly name: string
  readonly hasChoices: boolean
}

/** Where the word behind these words of a command stands. */
function standing(command: Command, words: readonly string[]): Standing {
  const places = [...command.usage.matchAll(/[<[](\w+)(\.\.)?[>\]]/g)]
  const withValue = optionsWithValue(command)
  let behind = 0
  let isPlain = false
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const option = isPlain ? undefined : withValue.get(word)
    if (word === '--') isPlain = true
    else if (isPlain || !word.startsWith('-') || word === '-') behind++
    else if (option && ++index >= words.length) return { option }
  }
  const [, place, isList] = places[Math.min(behind, places.length - 1)] ?? []
  return { place: behind < places.length || isList ? place : undefined }
}

/** By how they are typed: `-o`, `--out`. */
function optionsWithValue({ options }: Command): ReadonlyMap<string, Option> {
  // A method that the types of yargs leave out.
  const known = options?.(yargs() as unknown as Argv<Common>) as unknown as
    | { getOptions(): Known }
    | undefined
  const { key, alias, boolean, choices } = known?.getOptions() ?? {
    key: {},
    alias: {},
    boolean: [],
    choices: {},
  }
  const names = Object.keys(key).filter(name => !boolean.includes(name))
  return new Map(
    ['tree', 'C', ...names].flatMap(name =>
      [name, ...(alias[name] ?? [])].map(
        one => [one.length === 1 ? `-${one}` : `--${one}`, { name, hasChoices: name in choices }] as const,
      ),
    ),
  )
}

interface Known {
  readonly key: Readonly<Record<string, unknown>>
  readonly alias: Readonly<Record<string, readonly string[]>>
  readonly boolean: readonly string[]
  readonly choices: Readonly<Record<string, unknown>>
}
