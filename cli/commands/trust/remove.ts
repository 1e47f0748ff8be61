import { quoted } from '../../../core/message.ts'
import { command } from '../../command.ts'
import { complain, no, print, trouble } from '../../output.ts'

export const trustRemove = command({
  usage: 'remove <key>',
  about: 'Trust a key no more',
  details: 'What was taken from a cache before stays in the store.',
  examples: [
    ['coolports trust remove alice', 'all keys of that name'],
    ['coolports trust remove C5447F9039709639', 'the key of that number'],
  ],
  options: yargs =>
    yargs.positional('key', {
      type: 'string',
      demandOption: true,
      describe: 'a name, a number, or the key itself',
    }),
  run: async ({ key: word }) => {
    const { readTrust, trustPath, writeTrust } = await import('../../../helpers/cache/trust.ts')
    const path = trustPath(process.env)
    const trusted = readTrust(path)
    if (!trusted.ok) return complain(trouble(trusted.error))
    const gone = trusted.value.filter(({ key, name }) => [key.id, key.text, name].includes(word))
    if (gone.length === 0)
      return complain(
        no({
          cannot: `remove ${quoted(word)}`,
          why: 'no trusted key is called so',
          remedy: 'see: coolports trust list',
        }),
      )
    writeTrust(
      path,
      trusted.value.filter(one => !gone.includes(one)),
    )
    for (const { key } of gone) print(`removed: ${key.id}`)
    return 0
  },
})
