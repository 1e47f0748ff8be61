import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  BODY,
  DIGEST,
  fetchInto,
  folder,
  kept,
  later,
  put,
  QUICK,
  rest,
  serve,
  want,
  whole,
} from './support.ts'

/** A tree whose store lies on a disk of its own with room for 200 kB. */
function smallDisk(): string {
  const root = folder()
  const store = join(root, 'store')
  mkdirSync(store)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', store])
  later(() => execFileSync('umount', [store]))
  return root
}

function mayMount(): boolean {
  try {
    const path = folder()
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', path], { stdio: 'ignore' })
    execFileSync('umount', [path])
    return true
  } catch {
    return false
  }
}

// Without leave to mount there is no disk that a test may fill.
describe.skipIf(!mayMount())('a full disk (needs root, to mount a small one)', () => {
  it('is seen before a download that cannot fit', async () => {
    const root = smallDisk()
    const { url } = await serve(whole())
    const { message } = await fetchInto(root, [want([url])])
    expect(message?.facts?.at(-1)?.[1]).toMatch(/^300 kB, but the disk has room for 20\d kB$/)
    expect(message?.remedy).toMatch(/^make room there, or set COOLPORTS_STORE/)
    expect(kept(root)).toEqual([])
  })

  it('stops an answer of unknown length, and the next place is asked', async () => {
    const root = smallDisk()
    const { url, asked } = await serve((_request, response) => {
      response.write(BODY.subarray(0, 1000), () => response.end(BODY.subarray(1000)))
    })
    put(join(root, 'mirrors/http'), `sha256: ${DIGEST}\nurl: ${url}/a\n`)
    const { message } = await fetchInto(root, [want([`${url}/b`])], { limits: { ...QUICK, attempts: 1 } })
    expect(
      message?.facts?.filter(([label]) => label === 'got').map(([, value]) => value.replace(/\d+ kB/, 'N')),
    ).toEqual(['more than N', 'more than N'])
    expect([asked.length, kept(root)]).toEqual([2, []])
  })

  it('fills while a download runs: nothing is kept, no other place is asked, and the message is plain', async () => {
    const root = smallDisk()
    const { url, asked } = await serve(whole())
    const { message } = await fetchInto(root, [want([`${url}/a`, `${url}/b`])], {
      limits: { ...QUICK, reserveBytes: -1e9 },
    })
    expect(message).toMatchObject({
      cannot: 'fetch "source.tar.gz"',
      why: 'the disk is full',
      facts: [['store', join(root, 'store')]],
    })
    expect([asked.length, kept(root)]).toEqual([1, []])
  })

  it('has no room for a second copy of a part: it is given up, and the source fetched from its beginning', async () => {
    const root = smallDisk()
    const small = BODY.subarray(0, 150_000)
    const { sha256 } = await import('../../../core/digest.ts')
    put(join(root, `store/distfiles/.partial/${sha256(small)}`), small.subarray(0, 120_000))
    const { url } = await serve((request, response) => rest(request, response, small))
    const { outcome } = await fetchInto(root, [want([url], { sha256: sha256(small) })])
    expect(outcome.ok).toBe(true)
    expect(kept(root)).toEqual([sha256(small)])
    expect(kept(root)).not.toContain(DIGEST)
  })
})
