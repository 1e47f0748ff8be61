import { existsSync } from 'node:fs'
import { command } from '../../command.ts'
import { complain, print, trouble } from '../../output.ts'

export const cacheKey = command({
  usage: 'key',
  about: 'Print the public half of the key that you sign packages with',
  details:
    'Makes the key if there is none: $COOLPORTS_SIGNING_KEY, else coolports/signing-key in the folder of your settings, in the form of `minisign -G -W`: it has no password, so keep the file to yourself.',
  examples: [
    ['coolports cache key', 'the line that others give to: coolports trust add'],
    ['coolports trust add "$(coolports cache key)" --name me', 'trust your own packages'],
  ],
  options: yargs => yargs,
  run: async () => {
    const { makeSigningKey, readSigningKey, signingKeyPath } = await import(
      '../../../helpers/cache/signing-key.ts'
    )
    const path = signingKeyPath(process.env)
    if (!existsSync(path)) {
      const { public: made } = makeSigningKey(process.env)
      process.stderr.write(`made the key ${made.id}: ${path}\n`)
    }
    const key = readSigningKey(process.env)
    if (!key.ok) return complain(trouble(key.error))
    print(key.value.public.text)
    return 0
  },
})
