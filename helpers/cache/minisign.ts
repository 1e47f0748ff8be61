import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { ok, type Result, refuse } from '../../core/result.ts'

// Keys and signatures as minisign makes them (https://jedisct1.github.io/minisign/, "Signature
// format"): ed25519 over the BLAKE2b-512 of a file, in lines of base64 with comments between them.

declare const brand: unique symbol

/** The number of a key as minisign prints it: 16 upper-case hexadecimal digits. Chosen by its maker, so no proof of anything. */
export type KeyId = string & { readonly [brand]: 'KeyId' }

export const isKeyId = (text: string): text is KeyId => /^[0-9A-F]{16}$/.test(text)

export interface PublicKey {
  readonly id: KeyId
  /** The line of base64 that stands for it everywhere. */
  readonly text: string
  /** The 32 bytes of ed25519. */
  readonly point: Buffer
}

/** Whatever their numbers are: those are nobody's word. */
export const isSameKey = (one: PublicKey, other: PublicKey): boolean => one.point.equals(other.point)

export interface SecretKey {
  readonly public: PublicKey
  /** The 32 bytes that ed25519 derives the rest from. */
  readonly seed: Buffer
}

/** Why a text is no key or no signature of the one asked for; the end of a sentence. */
export type Fault = string

/** Reads a public key: the line itself, or a file with the line below a comment. */
export function readPublicKey(text: string): Result<PublicKey, Fault> {
  const line = lineBelowComment(text)
  const bytes = line === undefined ? undefined : fromBase64(line, 42)
  if (line === undefined || bytes === undefined) return refuse('it is no public key of minisign')
  if (bytes.toString('latin1', 0, 2) !== PURE) return refuse('it is a key of an unknown algorithm')
  return ok({ id: keyId(bytes.subarray(2, 10)), text: line, point: bytes.subarray(10) })
}

/** Reads a secret key without a password, as `minisign -G -W` makes it. */
export function readSecretKey(text: string): Result<SecretKey, Fault> {
  const bytes = fromBase64(lineBelowComment(text) ?? '', SECRET_BYTES)
  if (bytes === undefined || bytes.toString('latin1', 0, 2) !== PURE)
    return refuse('it is no secret key of minisign')
  if (bytes.readUInt16LE(2) !== 0)
    return refuse('it is locked by a password; minisign -G -W makes one that is not')
  const number = bytes.subarray(54, 62)
  const seed = bytes.subarray(62, 94)
  const point = bytes.subarray(94, 126)
  if (!pointOf(seed).equals(point)) return refuse('it is damaged: its two halves do not belong together')
  return ok({ public: publicKey(number, point), seed })
}

/** Makes a key, and the texts of its two files. */
export function makeKey(): {
  readonly key: SecretKey
  readonly secretFile: string
  readonly publicFile: string
} {
  const { privateKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const number = randomBytes(8)
  const point = pointOf(seed)
  const key = { public: publicKey(number, point), seed }
  const secret = Buffer.concat([
    Buffer.from(`${PURE}\0\0B2`, 'latin1'), // not locked, so there is neither salt nor checksum
    Buffer.alloc(48),
    number,
    seed,
    point,
    Buffer.alloc(32),
  ])
  return {
    key,
    secretFile: `${COMMENT}minisign secret key ${key.public.id}\n${secret.toString('base64')}\n`,
    publicFile: publicKeyFile(key.public),
  }
}

export const publicKeyFile = ({ id, text }: PublicKey): string =>
  `${COMMENT}minisign public key ${id}\n${text}\n`

/** The text of a signature's file. `comment` is signed too, and is one line. */
export function signText(key: SecretKey, data: string | Uint8Array, comment: string): string {
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, key.seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const signature = sign(null, blake2b(data), secret)
  const head = Buffer.concat([Buffer.from(HASHED, 'latin1'), numberOf(key.public)])
  const whole = sign(null, Buffer.concat([signature, Buffer.from(comment)]), secret)
  return [
    `${COMMENT}signature by key ${key.public.id}`,
    Buffer.concat([head, signature]).toString('base64'),
    `${TRUSTED}${comment}`,
    whole.toString('base64'),
    '',
  ].join('\n')
}

/** Whether a signature's file is of this key and this data; answers its signed comment. */
export function verifyText(key: PublicKey, data: string | Uint8Array, file: string): Result<string, Fault> {
  const [above = '', first = '', comment = '', last = '', ...rest] = file.split('\n')
  const bytes = fromBase64(first, 74)
  const whole = fromBase64(last, 64)
  if (!above.startsWith(COMMENT) || !comment.startsWith(TRUSTED) || !bytes || !whole || rest.join('') !== '')
    return refuse('it is no signature of minisign')
  if (bytes.toString('latin1', 0, 2) !== HASHED) return refuse('it is a signature of an unknown algorithm')
  if (!bytes.subarray(2, 10).equals(numberOf(key)))
    return refuse(`it is a signature by key ${keyId(bytes.subarray(2, 10))}`)
  const point = imported(key)
  const signature = bytes.subarray(10)
  const said = comment.slice(TRUSTED.length)
  if (!verify(null, blake2b(data), point, signature)) return refuse('its signature is wrong')
  if (!verify(null, Buffer.concat([signature, Buffer.from(said)]), point, whole))
    return refuse('the signature of its comment is wrong')
  return ok(said)
}

/** A key as node takes it. That takes about as long to make as a signature to check, so each is made once. */
function imported(key: PublicKey): KeyObject {
  const point = key.point.toString('latin1')
  const spki = { key: Buffer.concat([SPKI_HEAD, key.point]), format: 'der', type: 'spki' } as const
  const known = keys.get(point) ?? createPublicKey(spki)
  keys.set(point, known)
  return known
}

/** By their bytes: the file of those that are trusted is read again for each package. */
const keys = new Map<string, KeyObject>()

const COMMENT = 'untrusted comment: '
const TRUSTED = 'trusted comment: '

/** ed25519, of keys; and of a BLAKE2b-512, of signatures. */
const PURE = 'Ed'
const HASHED = 'ED'

/** Algorithms 6, salt and cost of the password 48, number 8, ed25519's two halves 64, checksum 32. */
const SECRET_BYTES = 158

/** What stands before the bare bytes in RFC 8410's form, in which alone node takes them. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')

const blake2b = (data: string | Uint8Array): Buffer => createHash('blake2b512').update(data).digest()

function pointOf(seed: Uint8Array): Buffer {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' })
  return createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)
}

function publicKey(number: Buffer, point: Buffer): PublicKey {
  const text = Buffer.concat([Buffer.from(PURE, 'latin1'), number, point]).toString('base64')
  return { id: keyId(number), text, point }
}

const keyId = (number: Buffer): KeyId => Buffer.from(number).reverse().toString('hex').toUpperCase() as KeyId

const numberOf = ({ id }: PublicKey): Buffer => Buffer.from(id, 'hex').reverse()

/** The second line of a file of two, or the only line. */
function lineBelowComment(text: string): string | undefined {
  const lines = text.trimEnd().split('\n')
  if (lines.length === 1) return lines[0]?.trim()
  return lines.length === 2 && lines[0]?.startsWith(COMMENT) ? lines[1]?.trim() : undefined
}

/** Just so many bytes, written in the one way that base64 has for them. */
function fromBase64(text: string, length: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined
}
