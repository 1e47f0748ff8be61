import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { readTrust, trustPath, writeTrust } from '../../../helpers/cache/trust.ts'
import { coolportsIn } from '../../cli/support.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trust-'))
  path = join(folder, 'coolports/trust')
})
afterEach(() => rmSync(folder, { recursive: true }))

const { key } = makeKey()
const other = makeKey().key

test('the keys are in the folder of the settings, or where $COOLPORTS_TRUST says', () => {
  expect(trustPath({ HOME: '/home/x' })).toBe('/home/x/.config/coolports/trust')
  expect(trustPath({ HOME: '/home/x', XDG_CONFIG_HOME: 'relative' })).toBe('/home/x/.config/coolports/trust')
  expect(trustPath({ HOME: '/home/x', XDG_CONFIG_HOME: '/etc/x' })).toBe('/etc/x/coolports/trust')
  expect(trustPath({ HOME: '/home/x', COOLPORTS_TRUST: '/keys' })).toBe('/keys')
})

test('nobody is trusted where there is no file', () => {
  expect(readTrust(path)).toEqual({ ok: true, value: [] })
})

test('a folder in place of the file trusts nobody, and is told of', () => {
  mkdirSync(path, { recursive: true })
  expect(readTrust(path)).toMatchObject({ ok: false, error: { why: 'it is a folder, not a file' } })
})

test('what is written is read', () => {
  const keys = [{ key: key.public, name: 'alice' }, { key: other.public }]
  writeTrust(path, keys)
  expect(readTrust(path)).toEqual({ ok: true, value: keys })
  expect(statSync(join(folder, 'coolports')).mode & 0o777).toBe(0o700)
})

const trust = (...words: readonly string[]) =>
  coolportsIn(folder, { XDG_CONFIG_HOME: folder }, 'trust', ...words)

test('one key under two numbers is no two keys', () => {
  const twin = { ...key.public, text: renumbered(key.public.text) }
  writeTrust(path, [
    { key: key.public, name: 'alice' },
    { key: twin, name: 'anna' },
  ])
  const refused = readTrust(path)
  expect(!refused.ok && refused.error.why).toMatch(/^key [0-9A-F]{16} comes twice, as [0-9A-F]{16} before$/)
  writeTrust(path, [{ key: key.public, name: 'alice' }])
  expect(trust('add', twin.text, '--name', 'anna')).toMatchObject({
    status: 1,
    err: expect.stringContaining('it is the key alice under another number, trusted already'),
  })
})

/** The same key with another number, which nobody signed. */
function renumbered(text: string): string {
  const bytes = Buffer.from(text, 'base64')
  bytes.writeUInt8(bytes.readUInt8(5) ^ 0xff, 5)
  return bytes.toString('base64')
}

/** A key with the number of another one. */
const ofNumber = (text: string, other: string): string =>
  Buffer.concat([
    Buffer.from(other, 'base64').subarray(0, 10),
    Buffer.from(text, 'base64').subarray(10),
  ]).toString('base64')

test.each(['that is there', 'that is not there yet'])(
  'what a symlink leads to, %s, is written; the link stays',
  there => {
    const real = join(folder, 'settings/trust')
    mkdirSync(join(folder, 'coolports'))
    symlinkSync('../settings/trust', path)
    if (there === 'that is there') {
      mkdirSync(join(folder, 'settings'))
      writeFileSync(real, '')
    }
    writeTrust(path, [{ key: key.public }])
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(readFileSync(real, 'utf8')).toContain(key.public.text)
  },
)

describe('a file with a fault trusts nobody:', () => {
  const good = `key: ${key.public.text}\n`
  test.each([
    ['a line that is no field', `${good}\n\nalice\n`, 'is no field'],
    ['a field that nobody knows', `${good}trust: all\n`, 'there is no field "trust"'],
    ['two keys in one record', `${good}key: ${other.public.text}\n`, 'a blank line is missing'],
    ['a name without a key', `${good}\nname: bob\n`, 'it is no public key'],
    ['a key that is damaged', good.slice(0, -9), 'it is no public key'],
    ['one key twice', `${good}\n${good}`, 'comes twice'],
    [
      'two keys of one number',
      `${good}\nkey: ${ofNumber(other.public.text, key.public.text)}\n`,
      'comes twice',
    ],
    ['a name that a terminal would obey', `${good}name: a\u001b[2Jb\n`, 'is not a name'],
  ])('%s', (_, text, why) => {
    writeTrust(path, [])
    writeFileSync(path, text)
    const read = readTrust(path)
    expect(read.ok ? 'read' : read.error.why).toContain(why)
  })
})

test('coolports trust adds, names, lists and removes keys', () => {
  writeFileSync(join(folder, 'bob.pub'), `untrusted comment: bob\n${other.public.text}\n`)
  expect(trust('add', key.public.text, '--name', 'alice')).toMatchObject({
    status: 0,
    out: `trusted: ${key.public.id} (alice)\n`,
  })
  expect(trust('add', join(folder, 'bob.pub')).status).toBe(0)
  expect(trust('list').out).toBe(
    `${key.public.id} ${key.public.text} alice\n${other.public.id} ${other.public.text}\n`,
  )
  expect(JSON.parse(trust('list', '--json').out)[0]).toEqual({
    id: key.public.id,
    key: key.public.text,
    name: 'alice',
  })
  expect(trust('add', 'nonsense')).toMatchObject({
    status: 2,
    err: expect.stringContaining('it is no public key of minisign, and there is no such file'),
  })
  expect(trust('add', makeKey().key.public.text, '--name', 'alice ').status).toBe(2)
  writeFileSync(join(folder, 'alice.sec'), makeKey().secretFile)
  for (const [file, why] of [
    ['alice.sec', 'it is a secret key, which is for its owner alone; the public one is wanted'],
    ['/dev/zero', 'it is no public key of minisign'],
  ] as const)
    expect(trust('add', file)).toMatchObject({ status: 2, err: expect.stringContaining(why) })
  expect(trust('add', folder)).toMatchObject({
    status: 2,
    err: expect.stringMatching(/^coolports: cannot trust ".*": it is a folder, not a file\n$/),
  })
  expect(trust('remove', 'carol').status).toBe(1)
  expect(trust('remove', 'alice')).toMatchObject({ status: 0, out: `removed: ${key.public.id}\n` })
  expect(trust('list').out).toContain(other.public.id)
  expect(trust('list').out).not.toContain(key.public.id)
})

test('coolports cache key makes one key for this user alone, and says it again', () => {
  const make = () => coolportsIn(folder, { XDG_CONFIG_HOME: folder }, 'cache', 'key')
  const first = make()
  expect(first).toMatchObject({ status: 0, err: expect.stringContaining('made the key') })
  expect(make()).toEqual({ status: 0, out: first.out, err: '' })
  const secret = join(folder, 'coolports/signing-key')
  expect(statSync(secret).mode & 0o777).toBe(0o600)
  expect(readFileSync(`${secret}.pub`, 'utf8')).toContain(first.out)
})
