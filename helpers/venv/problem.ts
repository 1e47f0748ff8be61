import { type Message, quoted } from '../../core/message.ts'
import { type TarProblem, tarMessage } from '../tar/problem.ts'
import type { Conflict } from './lay.ts'

/** Why there is no venv. */
export type VenvProblem =
  | { readonly kind: 'tar'; readonly file: string; readonly problem: TarProblem }
  | { readonly kind: 'conflicts'; readonly conflicts: readonly Conflict[] }
  | { readonly kind: 'not in the venv'; readonly name: string; readonly packages: readonly string[] }
  | { readonly kind: 'no such path'; readonly path: string; readonly name: string }
  | { readonly kind: 'bad path'; readonly path: string; readonly why: string }
  | { readonly kind: 'not a venv'; readonly folder: string; readonly why: string }
  | { readonly kind: 'circle'; readonly trail: readonly string[] }
  | { readonly kind: 'store gone'; readonly folder: string; readonly tree: string }

const MAX_SHOWN = 20

export function venvMessage(problem: VenvProblem): Message {
  switch (problem.kind) {
    case 'tar':
      return tarMessage('unpack', quoted(problem.file), problem.problem)
    case 'conflicts':
      return {
        cannot: 'put the packages together',
        why: `${count(problem.conflicts.length, 'path')} of several packages, which have different things there`,
        facts: conflictFacts(problem.conflicts),
        remedy:
          'say which is meant: --prefer PACKAGE, --alternative PATH=PACKAGE, or --order: of those that you name the earlier one',
      }
    case 'not in the venv':
      return {
        cannot: `prefer ${quoted(problem.name)}`,
        why: 'the venv has no such package',
        facts: [['packages', problem.packages.join(', ')]],
      }
    case 'no such path':
      return {
        cannot: `take ${quoted(problem.path)} of ${problem.name}`,
        why: 'the package has nothing there',
      }
    case 'bad path':
      return { cannot: `choose ${quoted(problem.path)}`, why: problem.why }
    case 'not a venv':
      return { cannot: `use ${quoted(problem.folder)} as a venv`, why: problem.why }
    case 'circle':
      return {
        cannot: 'stack the venvs',
        why: 'one would stand upon itself',
        facts: problem.trail.map((place, index) => [index === 0 ? 'this' : 'upon', quoted(place)]),
      }
    case 'store gone':
      return {
        cannot: `stand upon the venv ${quoted(problem.folder)}`,
        why: 'its store is gone, or a package of it',
        facts: [['missing', quoted(problem.tree)]],
        remedy: 'make that one again first: bin/venv -o DIR',
      }
  }
}

function conflictFacts(conflicts: readonly Conflict[]): readonly (readonly [string, string])[] {
  const shown = conflicts
    .slice(0, MAX_SHOWN)
    .map(({ path, owners }) => [quoted(path), owners.join(', ')] as const)
  const rest = conflicts.length - shown.length
  return rest > 0 ? [...shown, ['...', `and ${rest} more`]] : shown
}

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? ' is' : 's are'}`
