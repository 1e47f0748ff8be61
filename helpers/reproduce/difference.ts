import type { Cause } from './cause.ts'
import type { Difference } from './compare.ts'

/** The lines that tell a person of one difference. */
export function differenceLines(difference: Difference): readonly string[] {
  switch (difference.kind) {
    case 'only here':
      return [`${difference.path}: only the first has it`]
    case 'only there':
      return [`${difference.path}: only the second has it`]
    case 'header':
      return [`${difference.path}: ${difference.here}, and ${difference.there}`]
    case 'content':
      return [
        `${difference.path}: differs from byte ${difference.offset} on; likely ${causeText(difference.cause)}`,
        `  first  ${bytesText(difference.here)}`,
        `  second ${bytesText(difference.there)}`,
      ]
  }
}

function causeText(cause: Cause): string {
  switch (cause.kind) {
    case 'variation':
      return `the ${cause.what} shows`
    case 'path':
      return 'a path of the build shows'
    case 'time stamp':
    case 'build id':
      return `a ${cause.kind}`
    case 'order':
      return 'another order of the same parts'
    case 'unknown':
      return "chance, or a feature or tool of the build's machine"
  }
}

const bytesText = (bytes: Uint8Array): string => {
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(' ')
  const text = [...bytes]
    .map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
    .join('')
  return bytes.length === 0 ? '(its end)' : `${hex}  ${text}`
}
