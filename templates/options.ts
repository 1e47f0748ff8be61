import { kindOf, Misuse, needScript } from '../generator/misuse.ts'
import { nearest } from '../generator/nearest.ts'

/** What an option of a build system takes: a list of texts, a script, or true or false. */
export type Kind = 'texts' | 'script' | 'flag'

/** Refuses options that a build system does not have, and values of another kind than it takes. */
export function checkOptions(system: string, options: unknown, kinds: Readonly<Record<string, Kind>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new Misuse(`${system}() takes an object of options, not ${kindOf(options)}`)
  const known = Object.keys(kinds)
  for (const [option, value] of Object.entries(options)) {
    const kind = known.includes(option) ? kinds[option] : undefined
    if (kind === undefined) {
      const near = nearest(option, known)
      throw new Misuse(
        `${system}() has no option ${JSON.stringify(option)}`,
        near === undefined ? `it has: ${known.join(', ')}` : `did you mean "${near}"?`,
      )
    }
    if (value !== undefined) checkValue(`the option "${option}" of ${system}()`, value, kind)
  }
}

function checkValue(what: string, value: unknown, kind: Kind): void {
  switch (kind) {
    case 'script':
      needScript(what, value)
      return
    case 'flag':
      if (typeof value !== 'boolean') throw new Misuse(`${what} is ${kindOf(value)}, not true or false`)
      return
    case 'texts': {
      if (!Array.isArray(value))
        throw new Misuse(`${what} is ${kindOf(value)}, not a list`, "write it as ['…', '…']")
      const wrong = value.findIndex(one => typeof one !== 'string')
      if (wrong >= 0) throw new Misuse(`${what} has ${kindOf(value[wrong])} in its list, not a text`)
    }
  }
}
