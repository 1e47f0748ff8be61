import { legible } from '../core/legible.ts'
import { type Message, type Place, quoted } from '../core/message.ts'

/** All for which a tree of manifests can be refused. */
export type Problem =
  | { readonly kind: 'syntax'; readonly at: Place; readonly text: string }
  | { readonly kind: 'evaluation'; readonly at: Place; readonly text: string; readonly remedy?: string }
  | { readonly kind: 'import'; readonly at: Place; readonly specifier: string }
  | {
      readonly kind: 'unknown-import'
      readonly at: Place
      readonly specifier: string
      readonly name: string
      readonly nearest?: string
    }
  | {
      readonly kind: 'field'
      readonly at: Place
      readonly field: string
      readonly why: string
      readonly remedy?: string
    }
  | {
      readonly kind: 'unknown-dependency'
      readonly at: Place
      readonly name: string
      readonly nearest?: string
    }
  | { readonly kind: 'cycle'; readonly trail: readonly { readonly name: string; readonly at: Place }[] }
  | { readonly kind: 'bad-digest'; readonly at: Place; readonly digest: string }
  | { readonly kind: 'missing-patch'; readonly at: Place; readonly patch: string; readonly folder: string }
  | { readonly kind: 'same-file'; readonly at: Place; readonly file: string }
  | { readonly kind: 'duplicate-name'; readonly at: Place; readonly name: string; readonly other: string }
  | { readonly kind: 'folder-name'; readonly folder: string; readonly why: string }
  | { readonly kind: 'file'; readonly path: string; readonly why: string }

/** The field at a path of a manifest, as a message calls it: sources[0].url */
export const fieldName = (path: readonly (string | number)[]): string =>
  path.length === 0
    ? 'the manifest'
    : path
        .map(key => (typeof key === 'number' ? `[${key}]` : `.${key}`))
        .join('')
        .slice(1)

export function describe(problem: Problem): Message {
  switch (problem.kind) {
    case 'syntax':
      return { at: problem.at, cannot: 'read the manifest', why: problem.text }
    case 'evaluation':
      return {
        at: problem.at,
        cannot: 'evaluate the manifest',
        why: legible(problem.text),
        ...(problem.remedy ? { remedy: problem.remedy } : {}),
      }
    case 'import':
      return {
        at: problem.at,
        cannot: `import ${quoted(problem.specifier)}`,
        why: 'a manifest imports "coolports" and other manifests ("../NAME/package.ts") alone',
      }
    case 'unknown-import':
      return {
        at: problem.at,
        cannot: `import ${quoted(problem.specifier)}`,
        why: 'there is no such package',
        remedy: whichPackage(problem),
      }
    case 'field':
      return {
        at: problem.at,
        cannot: `accept ${problem.field}`,
        why: problem.why,
        ...(problem.remedy ? { remedy: problem.remedy } : {}),
      }
    case 'unknown-dependency':
      return {
        at: problem.at,
        cannot: `depend on ${quoted(problem.name)}`,
        why: 'there is no such package',
        remedy: whichPackage(problem),
      }
    case 'cycle': {
      const first = problem.trail[0]
      return {
        ...(first ? { at: first.at } : {}),
        cannot: 'order the packages',
        why: 'they depend on each other in a circle',
        facts: problem.trail.map((step, index) => {
          const next = problem.trail[(index + 1) % problem.trail.length]
          return [
            step.name,
            `needs ${next?.name} (${step.at.file}:${step.at.line}:${step.at.column})`,
          ] as const
        }),
        remedy: 'take one of these dependencies out, or build one of the packages from the seed',
      }
    }
    case 'bad-digest':
      return {
        at: problem.at,
        cannot: 'accept a sha256',
        why: 'it is not 64 lower-case hexadecimal digits',
        facts: [['got', quoted(problem.digest)]],
        remedy:
          'sha256sum FILE prints it; where it is 64 zeros, coolports fetch says which one came from where',
      }
    case 'missing-patch':
      return {
        at: problem.at,
        cannot: `apply ${quoted(problem.patch)}`,
        why: 'there is no such file',
        facts: [['looked in', problem.folder]],
      }
    case 'same-file':
      return {
        at: problem.at,
        cannot: `name a source ${quoted(problem.file)}`,
        why: 'another source of the package has that file name',
        remedy: "give one of them a name of its own: file: '…'",
      }
    case 'duplicate-name':
      return {
        at: problem.at,
        cannot: `name a package ${quoted(problem.name)}`,
        why: 'another package has that name',
        facts: [['the other', problem.other]],
        remedy: 'a package is named as its folder; leave the field out',
      }
    case 'folder-name':
      return {
        cannot: `take ${quoted(problem.folder)} for a package`,
        why: problem.why,
        remedy:
          'rename the folder: lower-case letters, digits and + . _ - , no leading dash or dot, at most 100',
      }
    case 'file':
      return { cannot: `read ${quoted(problem.path)}`, why: problem.why }
  }
}

/** What may have been meant by a name that no package has. */
const whichPackage = ({ name, nearest }: { readonly name: string; readonly nearest?: string }): string =>
  nearest === undefined ? `bin/new-package pkg/${name} begins one` : `did you mean "${nearest}"?`
