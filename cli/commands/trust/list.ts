import { command, jsonOption } from '../../command.ts'
import { complain, json, print, trouble } from '../../output.ts'

/** JSON: list of `{ id, key, name }`; `name` may be null. */
export const trustList = command({
  usage: 'list',
  about: 'List the trusted keys',
  examples: [['coolports trust list', 'number, key and name of each']],
  options: yargs => jsonOption(yargs),
  run: async args => {
    const { readTrust, trustPath } = await import('../../../helpers/cache/trust.ts')
    const trusted = readTrust(trustPath(process.env))
    if (!trusted.ok) return complain(trouble(trusted.error))
    if (args.json)
      print(json(trusted.value.map(({ key, name }) => ({ id: key.id, key: key.text, name: name ?? null }))))
    else for (const { key, name } of trusted.value) print(`${key.id} ${key.text} ${name ?? ''}`.trimEnd())
    return 0
  },
})
