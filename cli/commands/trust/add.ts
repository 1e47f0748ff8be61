import { quoted } from '../../../core/message.ts'
import { command } from '../../command.ts'
import { complain, no, print, trouble } from '../../output.ts'

export const trustAdd = command({
  usage: 'add <key>',
  about: 'Take packages that this key signed from caches',
  details:
    'A key is a line of minisign (RW...), or a file that holds one. Keys of one name count as one builder where a quorum is asked for.',
  examples: [
    ['coolports trust add RWQ5lnA5kH9Exf3y... --name alice', 'a key from a page that you believe'],
    ['coolports trust add alice.pub --name alice', 'the same in a file'],
  ],
  options: yargs =>
    yargs
      .positional('key', { type: 'string', demandOption: true, describe: 'a public key, or a file with one' })
      .option('name', { type: 'string', requiresArg: true, describe: 'whose key it is' }),
  run: async ({ key: word, name }) => {
    const [{ namedKey }, { isSameKey }, { builderOf, isBuilderName, readTrust, trustPath, writeTrust }] =
      await Promise.all([
        import('../../../helpers/cache/named-key.ts'),
        import('../../../helpers/cache/minisign.ts'),
        import('../../../helpers/cache/trust.ts'),
      ])
    const path = trustPath(process.env)
    const trusted = readTrust(path)
    if (!trusted.ok) return complain(trouble(trusted.error))
    const key = namedKey(word)
    if (!key.ok) return complain(trouble({ cannot: `trust ${quoted(word)}`, why: key.error }))
    if (name !== undefined && !isBuilderName(name))
      return complain(
        trouble({
          cannot: `call a builder ${quoted(name)}`,
          why: 'a name has up to 64 letters, digits, blanks and . _ @ + -',
        }),
      )
    const { id } = key.value
    const same = trusted.value.find(one => one.key.id === id)
    if (same && same.key.text !== key.value.text)
      return complain(no({ cannot: `trust ${id}`, why: 'another key of this number is trusted already' }))
    const twin = trusted.value.find(one => one !== same && isSameKey(one.key, key.value))
    if (twin)
      return complain(
        no({
          cannot: `trust ${id}`,
          why: `it is the key ${builderOf(twin)} under another number, trusted already`,
        }),
      )
    const rest = trusted.value.filter(one => one !== same)
    const added = { key: key.value, ...(name === undefined ? {} : { name }) }
    writeTrust(path, [...rest, same && name === undefined ? same : added])
    print(`trusted: ${id}${name === undefined ? '' : ` (${name})`}`)
    return 0
  },
})
