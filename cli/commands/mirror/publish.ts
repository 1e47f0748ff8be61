import { configPath } from '../../../core/config.ts'
import { quoted } from '../../../core/message.ts'
import { isPackageName } from '../../../core/name.ts'
import { storeRoot } from '../../../core/store.ts'
import { command } from '../../command.ts'
import { complain, no, print, say, trouble } from '../../output.ts'

export const mirrorPublish = command({
  usage: 'publish <path>',
  about: 'Sign that an IPNS name of yours means this file or folder, or this CID, from now on',
  details:
    'The record is kept in the store, where "mirror serve" gives it to who asks for the name, and is handed to the IPFS daemon if there is one ($IPFS_API). The key is made when it is first used: ~/.config/coolports/ipns/KEY.pem, with the number of its last record beside it (KEY.number).\nExit status: 0 published, 1 it cannot be named, 2 trouble.',
  examples: [
    ['coolports mirror publish cache/', 'others set PKG_CACHE_URL to the printed ipns:// name'],
    ['coolports mirror publish --key stable QmWotM...', 'another name, for what lies elsewhere'],
  ],
  options: yargs =>
    yargs
      .positional('path', { type: 'string', demandOption: true, describe: 'a file, a folder or a CID' })
      .option('key', {
        type: 'string',
        default: 'default',
        requiresArg: true,
        describe: 'which of your names',
      })
      .option('days', {
        type: 'number',
        default: 30,
        requiresArg: true,
        describe: 'for how long it counts; publish again before that',
      })
      .option('ttl', {
        type: 'number',
        default: 300,
        requiresArg: true,
        describe: 'for how many seconds others need not ask again',
      })
      .check(({ path, key, days, ttl }) => {
        if (path === '') throw new Error('the path is empty')
        if (!isPackageName(key)) throw new Error('--key needs a plain name')
        if (!(days > 0 && days <= 3650)) throw new Error('--days needs a number above 0')
        if (!(ttl >= 0 && ttl <= 86_400)) throw new Error('--ttl needs a number of seconds, a day at most')
        return true
      }),
  run: async ({ tree, path, key, days, ttl }) => {
    const [{ publish }, { parseCid }, { Holdings }] = await Promise.all([
      import('../../../helpers/ipfs/publish.ts'),
      import('../../../helpers/block/cid.ts'),
      import('../../../helpers/ipfs/holdings.ts'),
    ])
    const store = storeRoot(process.env, tree)
    const named = parseCid(path.replace(/^(ipfs:\/\/|\/ipfs\/)/, ''))
    const cid = named.ok ? named : await new Holdings(store, [], say).cidOfPath(path)
    if (!cid.ok) return complain(no({ cannot: `publish ${quoted(path)}`, why: cid.error }))
    const published = await publish({
      value: `/ipfs/${cid.value}`,
      keyFile: configPath(process.env, `ipns/${key}.pem`),
      lifetimeMs: days * 86_400_000,
      ttlMs: ttl * 1000,
      store,
      env: process.env,
    })
    if (!published.ok) return complain(trouble(published.error))
    for (const problem of published.value.problems) complain(trouble(problem))
    print(`ipns://${published.value.name}  /ipfs/${cid.value}`)
    return published.value.problems.length > 0 ? 2 : 0
  },
})
