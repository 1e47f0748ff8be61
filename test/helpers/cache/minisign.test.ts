import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../../core/result.ts'
import {
  makeKey,
  type PublicKey,
  publicKeyFile,
  readPublicKey,
  readSecretKey,
  signText,
  verifyText,
} from '../../../helpers/cache/minisign.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'minisign-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const DATA = 'package: x\nversion: 1-1\n'
const must = <Value>(result: Result<Value, unknown>): Value => {
  if (!result.ok) throw new Error(String(result.error))
  return result.value
}
const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const minisign = (...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync('minisign', words, { encoding: 'utf8', input: '' })
  return { status, said: stdout + stderr }
}

describe('minisign itself', () => {
  test('verifies what we sign, and says our comment', () => {
    const { key, publicFile } = makeKey()
    const file = put('ours', DATA)
    put('ours.minisig', signText(key, DATA, 'a comment that is signed'))
    expect(minisign('-V', '-p', put('ours.pub', publicFile), '-m', file)).toMatchObject({
      status: 0,
      said: expect.stringContaining('Trusted comment: a comment that is signed'),
    })
    expect(minisign('-V', '-P', key.public.text, '-m', file).status).toBe(0)
    writeFileSync(file, `${DATA} `)
    expect(minisign('-V', '-P', key.public.text, '-m', file).status).toBe(1)
  })

  test('signs with the secret key that we make', () => {
    const { key, secretFile } = makeKey()
    const file = put('theirs', DATA)
    expect(minisign('-S', '-s', put('ours.sec', secretFile), '-m', file, '-t', 'by them').status).toBe(0)
    expect(verifyText(key.public, DATA, readFileSync(`${file}.minisig`, 'utf8'))).toEqual({
      ok: true,
      value: 'by them',
    })
  })

  test('makes keys and signatures that we read', () => {
    const [pub, sec, file] = [join(folder, 'k.pub'), join(folder, 'k.sec'), put('signed', DATA)]
    expect(minisign('-G', '-W', '-p', pub, '-s', sec).status).toBe(0)
    expect(minisign('-S', '-s', sec, '-m', file, '-t', 'theirs').status).toBe(0)
    const key = must(readPublicKey(readFileSync(pub, 'utf8')))
    // Its comment, which nobody reads, has the id without leading zeros.
    expect(publicKeyFile(key).split('\n')[1]).toBe(readFileSync(pub, 'utf8').split('\n')[1])
    expect(must(verifyText(key, DATA, readFileSync(`${file}.minisig`, 'utf8')))).toBe('theirs')
    const secret = must(readSecretKey(readFileSync(sec, 'utf8')))
    expect(secret.public.text).toBe(key.text)
    put('again.minisig', signText(secret, DATA, 'ours'))
    expect(minisign('-V', '-p', pub, '-m', put('again', DATA)).status).toBe(0)
  })

  test('makes locked keys and signatures of the old kind, which are refused', () => {
    const [sec, file] = [join(folder, 'k.sec'), put('old', DATA)]
    expect(minisign('-S', '-l', '-s', sec, '-m', file).status).toBe(0)
    const key = must(readPublicKey(readFileSync(join(folder, 'k.pub'), 'utf8')))
    expect(verifyText(key, DATA, readFileSync(`${file}.minisig`, 'utf8'))).toEqual({
      ok: false,
      error: 'it is a signature of an unknown algorithm',
    })
    const bytes = Buffer.from(readFileSync(sec, 'utf8').split('\n')[1] ?? '', 'base64')
    bytes.write('Sc', 2)
    expect(readSecretKey(bytes.toString('base64'))).toMatchObject({
      error: expect.stringContaining('it is locked by a password'),
    })
  })
})

describe('a signature is refused', () => {
  const { key } = makeKey()
  const good = signText(key, DATA, 'comment')
  const line = (index: number, change: (text: string) => string): string =>
    good
      .split('\n')
      .map((text, at) => (at === index ? change(text) : text))
      .join('\n')
  const flipped = (text: string, at: number): string => {
    const bytes = Buffer.from(text, 'base64')
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes.toString('base64')
  }
  test.each([
    ['of other data', key.public, `${DATA}x`, good, 'its signature is wrong'],
    ['by another key', makeKey().key.public, DATA, good, 'it is a signature by key'],
    ['whose bit is flipped', key.public, DATA, line(1, text => flipped(text, 20)), 'its signature is wrong'],
    ['whose comment was changed', key.public, DATA, line(2, text => `${text}!`), 'of its comment is wrong'],
    [
      'whose second half is wrong',
      key.public,
      DATA,
      line(3, text => flipped(text, 5)),
      'of its comment is wrong',
    ],
    ['that is cut', key.public, DATA, good.slice(0, 150), 'it is no signature of minisign'],
    ['with lines behind it', key.public, DATA, `${good}more\n`, 'it is no signature of minisign'],
    ['that is empty', key.public, DATA, '', 'it is no signature of minisign'],
    ['in another base64', key.public, DATA, line(1, text => ` ${text}`), 'it is no signature of minisign'],
  ] satisfies readonly (readonly [string, PublicKey, string, string, string])[])(
    '%s',
    (_, by, data, file, why) => {
      const verified = verifyText(by, data, file)
      expect(verified.ok ? 'believed' : verified.error).toContain(why)
    },
  )

  test('of a key that only has the number of the right one', () => {
    const other = makeKey().key
    const forged = { ...other, public: { ...other.public, id: key.public.id } }
    expect(verifyText(key.public, DATA, signText(forged, DATA, 'comment'))).toEqual({
      ok: false,
      error: 'its signature is wrong',
    })
    expect(verifyText(forged.public, DATA, signText(forged, DATA, 'comment')).ok).toBe(true)
  })
})

test.each(['', 'RW', 'x'.repeat(56), `${makeKey().key.public.text}\n\nmore`, 'a\nb\nc'])(
  '%j is no public key',
  text => {
    expect(readPublicKey(text).ok).toBe(false)
  },
)

test('a secret key whose halves do not belong together is refused', () => {
  const bytes = Buffer.from(makeKey().secretFile.split('\n')[1] ?? '', 'base64')
  bytes[70] = (bytes[70] ?? 0) ^ 1
  expect(readSecretKey(bytes.toString('base64'))).toMatchObject({
    error: expect.stringContaining('do not belong together'),
  })
})
