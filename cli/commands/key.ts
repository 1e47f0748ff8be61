import { KEY_FILE } from '../../core/key-file.ts'
import { command, jsonOption, packageOption } from '../command.ts'
import { bringUpToDate } from '../door.ts'
import { findPackage } from '../find.ts'
import { complain, json, print, shownLine } from '../output.ts'
import { presentKey } from '../present-key.ts'

/** JSON: `{ name, hash, lines }`; `hash` is the sha256 of the key, `lines` are the key's. */
export const key = command({
  usage: 'key <package>',
  about: 'Print the key of a package: all that its bytes depend on',
  examples: [
    ['coolports key make', 'the readable list'],
    ['coolports key make --hash', 'its sha256, by which the store knows the package'],
  ],
  options: yargs =>
    jsonOption(packageOption(yargs)).option('hash', {
      type: 'boolean',
      default: false,
      describe: 'the sha256 of the key instead',
    }),
  run: async args => {
    const name = findPackage(args.tree, args.package)
    if (!name.ok) return complain(name.error)
    const status = await bringUpToDate(args.tree, [`pkg/${name.value}/${KEY_FILE}`])
    if (status !== 0) return status
    const present = presentKey(args.tree, name.value)
    if (!present.ok) return complain(present.error)
    const { text, hash } = present.value
    if (args.json) print(json({ name: name.value, hash, lines: text.trimEnd().split('\n') }))
    else if (args.hash) print(hash)
    // To a file or a program go the very bytes that were hashed.
    else if (process.stdout.isTTY) print(text.trimEnd().split('\n').map(shownLine).join('\n'))
    else process.stdout.write(text)
    return 0
  },
})
