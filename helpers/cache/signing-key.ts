import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { configPath } from '../../core/config.ts'
import type { Env } from '../../core/env.ts'
import { makeFolders } from '../../core/folders.ts'
import { type Message, quoted } from '../../core/message.ts'
import { type Result, refuse } from '../../core/result.ts'
import { readingFault } from '../../core/system-error.ts'
import { makeKey, readSecretKey, type SecretKey } from './minisign.ts'

/** The key that the user signs packages with: $COOLPORTS_SIGNING_KEY, else `coolports/signing-key` in the folder of the user's settings. */
export const signingKeyPath = (env: Env): string =>
  env.COOLPORTS_SIGNING_KEY ? resolve(env.COOLPORTS_SIGNING_KEY) : configPath(env, 'signing-key')

export function readSigningKey(env: Env): Result<SecretKey, Message> {
  const path = signingKeyPath(env)
  const cannot = `sign with the key ${quoted(path)}`
  if (!existsSync(path))
    return refuse({ cannot, why: 'there is no such file', remedy: 'coolports cache key makes one' })
  try {
    const key = readSecretKey(readFileSync(path, 'utf8'))
    return key.ok ? key : refuse({ cannot, why: key.error })
  } catch (error) {
    return refuse({ cannot, why: readingFault(error) })
  }
}

/** Makes a new key where there is none: for this user's eyes alone, and its public half beside it. */
export function makeSigningKey(env: Env): SecretKey {
  const path = signingKeyPath(env)
  const { key, secretFile, publicFile } = makeKey()
  makeFolders(dirname(path), 0o700)
  writeFileSync(path, secretFile, { mode: 0o600, flag: 'wx' })
  writeFileSync(`${path}.pub`, publicFile)
  return key
}
