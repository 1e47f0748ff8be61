import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { atMost } from '../../../core/at-most.ts'
import { isDiskFull } from '../../../core/disk.ts'
import { quoted } from '../../../core/message.ts'
import { removeTree } from '../../../core/remove.ts'
import { storeRoot } from '../../../core/store.ts'
import { type ClosureMember, closureNames } from '../../../helpers/built/closure.ts'
import type { Added } from '../../../helpers/cache/publish.ts'
import { builtClosureOf } from '../../built-closure.ts'
import { command, jobsOption, packagesOption } from '../../command.ts'
import { findAll } from '../../find.ts'
import { complain, no, print, say, trouble } from '../../output.ts'
import { openScratch } from '../../scratch.ts'

export const cacheAdd = command({
  usage: 'add <packages..>',
  about: 'Publish packages, and all that they need to run, in a package cache',
  details:
    'Builds what is out of date, then writes each package and a record of it, signed with your key (coolports cache key). What came from a cache is passed on with the records that it came with, and what is known neither to come from one nor to be built here is refused.\nExit status: 0 all are there, 1 one is not or somebody else says otherwise, 2 trouble.',
  examples: [
    ['coolports cache add -o /srv/packages make zlib', 'a folder that any web server can serve'],
    [
      'coolports cache add -o https://packages.example.org/cache make',
      'a web server that takes files by PUT',
    ],
    ['coolports cache add -o /srv/packages --expires 2027-12-31 make', 'to be believed until then'],
  ],
  options: yargs =>
    jobsOption(packagesOption(yargs))
      .option('out', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'the cache: a folder, or a url that can be written to',
      })
      .option('expires', {
        type: 'string',
        requiresArg: true,
        describe: 'the last day on which the records are to be believed: 2027-12-31',
      })
      .check(({ out }) => {
        // A script's variable that is not set, most likely; it does not mean the folder that one is in.
        if (out !== '') return true
        throw new Error('--out needs a folder or a url')
      }),
  run: async args => {
    const [
      { waiter },
      { patient },
      { placeOf, publisherOf },
      { publish },
      { readSigningKey },
      { dayOf, isDay },
      { readTrust, trustPath },
    ] = await Promise.all([
      import('../../../helpers/cache/late.ts'),
      import('../../../helpers/cache/patient.ts'),
      import('../../../helpers/cache/schemes.ts'),
      import('../../../helpers/cache/publish.ts'),
      import('../../../helpers/cache/signing-key.ts'),
      import('../../../helpers/cache/record.ts'),
      import('../../../helpers/cache/trust.ts'),
    ])
    const { tree: root, expires } = args
    const url = /^[a-z][a-z0-9+.-]+:/.test(args.out) ? args.out : resolve(args.out)
    if (expires !== undefined && !isDay(expires))
      return complain(
        trouble({ cannot: 'run', why: `--expires ${quoted(expires)} is not a day such as 2027-12-31` }),
      )
    const today = dayOf(Date.now())
    if (expires !== undefined && expires < today)
      return complain(
        trouble({ cannot: 'run', why: `--expires ${expires} is over: today, in UTC, is ${today}` }),
      )
    const names = findAll(root, args.packages)
    if (!names.ok) return complain(names.error)
    const key = readSigningKey(process.env)
    if (!key.ok) return complain(trouble(key.error))
    const trusted = readTrust(trustPath(process.env))
    if (!trusted.ok) return complain(trouble(trusted.error))
    const place = await placeOf(url, process.env)
    const publisher = await publisherOf(url, process.env)
    if (!place.ok || !publisher.ok) {
      const { withoutPassword } = await import('../../../helpers/http/url.ts')
      const why = publisher.ok ? (place.ok ? '' : place.error) : publisher.error
      return complain(trouble({ cannot: `write to the package cache ${quoted(withoutPassword(url))}`, why }))
    }
    const members = await builtClosureOf(root, names.value, args.jobs ?? 1)
    if (!members.ok) return complain(members.error)
    let scratch: string | undefined
    let status = 0
    try {
      const opened = openScratch('coolports-cache')
      if (!opened.ok) return complain(opened.error)
      scratch = opened.value
      const run = {
        publisher: publisher.value,
        place: patient(place.value),
        key: key.value,
        keys: trusted.value,
        today,
        store: storeRoot(process.env, root),
        scratch,
        ...(expires === undefined ? {} : { expires }),
      }
      const wait = waiter(LATE_MS, () =>
        say(`waiting for ${quoted(url)}, which took no package within ${LATE_MS / 1000} s; Ctrl-C ends it`),
      )
      let isFull = false
      let isAway = false
      let others = 0
      await atMost(AT_ONCE, members.value, async member => {
        if (isAway) others += 1
        if (isFull || isAway) return
        const label = `${member.name}-${member.version}`
        try {
          const added = await wait(publish(member, runClosure(root, member, members.value), run))
          if (!added.ok) {
            const { why, remedy } = added.error
            isAway ||= added.error.isAway ?? false
            status = complain(
              no({ cannot: `add ${label} to ${quoted(url)}`, why, ...(remedy ? { remedy } : {}) }),
            )
          } else if (added.value.kind === 'disputed')
            status = complain(no(disputed(label, url, member, added.value)))
          else print(`${how(added.value)} ${label} ${member.pkghash}`)
        } catch (error) {
          // The place tells of its own disk.
          if (!isDiskFull(error)) throw error
          isFull = true
        }
      })
      if (others > 0)
        status = complain(
          no({
            cannot: `add ${others} more to ${quoted(url)}`,
            why: 'it does not answer',
            remedy: 'the same command goes on',
          }),
        )
      if (isFull)
        status = complain(
          trouble({
            cannot: `write to the package cache ${quoted(url)}`,
            why: 'the disk of the folder for files on their way is full',
            facts: [['folder', tmpdir()]],
            remedy: 'make room there, or set TMPDIR to another one; the same command goes on',
          }),
        )
    } finally {
      await publisher.value.close()
      await place.value.close()
      if (scratch !== undefined) removeTree(scratch)
    }
    return status
  },
})

/** A registry is asked some fifteen times for a package, and most of the time is spent waiting for it. */
const AT_ONCE = 4

/** What takes so long has many bytes to write, or nobody who answers. */
const LATE_MS = 5_000

/** What one of them needs to run, itself left out. */
function runClosure(root: string, { name }: ClosureMember, members: readonly ClosureMember[]) {
  const list = closureNames(root, name)
  return (list.ok ? list.value : [])
    .filter(one => one !== name)
    .flatMap(one => {
      const member = members.find(other => other.name === one)
      return member ? [{ hash: member.pkghash, name: one }] : []
    })
}

const how = ({ kind }: Added): string => (kind === 'signed' ? 'added' : kind)

const disputed = (
  label: string,
  url: string,
  member: ClosureMember,
  { theirs, signed }: Added & { kind: 'disputed' },
) => ({
  cannot: `add ${label} to ${quoted(url)}`,
  why: 'ANOTHER PACKAGE OF THE SAME KEY IS THERE',
  facts: [
    ['pkghash', member.pkghash],
    ['there', `tar sha256 ${theirs}`],
    ['yours', `tar sha256 ${member.tar}`],
  ] as const,
  remedy: `${signed ? 'your record of it was written beside it' : 'it came from a cache, so nothing was said of it there'}; coolports challenge ${member.name} shows who says what`,
})
