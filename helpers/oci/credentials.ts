import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { anyAborted } from '../../core/any-aborted.ts'
import { homeFolder } from '../../core/config.ts'
import type { Env } from '../../core/env.ts'
import { isObject } from '../../core/json.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { readingFault } from '../../core/system-error.ts'

/** How somebody says to a registry who he is. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** A refresh token, for which the registry's token server gives others. */
  | { readonly kind: 'refresh token'; readonly token: string }

/**
 * What is kept of the user for a registry, by `docker login` or by podman, skopeo and buildah: from the helper that a
 * config names for it (credHelpers, credsStore), else from its `auths`; of several configs the first that knows it.
 * Undefined for nothing. No message holds a secret. Sources of the format: docker's manual, "docker login", and
 * containers-auth.json(5).
 */
export async function findCredentials(
  registry: string,
  env: Env,
  signal?: AbortSignal,
): Promise<Result<Credentials | undefined, Message>> {
  for (const file of configFiles(env)) {
    const found = await credentialsIn(file, registry, env, signal)
    if (!found.ok || found.value !== undefined) return found
  }
  return ok(undefined)
}

function configFiles(env: Env): readonly string[] {
  const home = homeFolder(env)
  return [
    ...(env.REGISTRY_AUTH_FILE ? [env.REGISTRY_AUTH_FILE] : []),
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
    env.XDG_RUNTIME_DIR
      ? join(env.XDG_RUNTIME_DIR, 'containers/auth.json')
      : `/run/containers/${process.getuid?.()}/auth.json`,
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers/auth.json'),
  ]
}

async function credentialsIn(
  file: string,
  registry: string,
  env: Env,
  signal: AbortSignal | undefined,
): Promise<Result<Credentials | undefined, Message>> {
  const config = readConfig(file)
  if (!config.ok || config.value === undefined) return config.ok ? ok(undefined) : config
  const keys = keysOf(registry)
  const helpers = object(config.value.credHelpers)
  const helper = keys.map(key => helpers[key]).find(one => one !== undefined) ?? config.value.credsStore
  if (typeof helper === 'string' && helper !== '') {
    const asked = await askHelper(helper, keys, file, env, signal)
    if (!asked.ok || asked.value !== undefined) return asked
  }
  return ok(fromAuths(object(config.value.auths), keys))
}

/** Under which names docker keeps a registry; its own has an old one. */
const keysOf = (registry: string): readonly string[] =>
  registry === 'registry-1.docker.io' || registry === 'docker.io'
    ? ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io', 'registry-1.docker.io']
    : [registry]

const MAX_BYTES = 1024 ** 2

function readConfig(file: string): Result<Readonly<Record<string, unknown>> | undefined, Message> {
  const fault = (why: string): Result<never, Message> =>
    refuse({
      cannot: `read ${quoted(file)}`,
      why,
      remedy: 'it keeps who you are to registries; docker login or podman login writes it',
    })
  try {
    if (!existsSync(file)) return ok(undefined)
    if (!statSync(file).isFile()) return fault('it is not a file')
    if (statSync(file).size > MAX_BYTES) return fault('it is larger than 1 MiB')
    const config: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isObject(config) ? ok(config) : fault('it is not a JSON object')
  } catch (error) {
    // A parser's words may quote a password.
    return fault(error instanceof SyntaxError ? 'it is not JSON' : readingFault(error))
  }
}

function fromAuths(
  auths: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Credentials | undefined {
  const all = Object.entries(auths)
  const named =
    all.find(([key]) => keys.includes(key)) ??
    all.find(([key]) => keys.includes(key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')))
  const entry = object(named?.[1])
  if (typeof entry.identitytoken === 'string' && entry.identitytoken !== '')
    return { kind: 'refresh token', token: entry.identitytoken }
  if (typeof entry.auth === 'string' && entry.auth !== '') {
    const text = Buffer.from(entry.auth, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    return colon === -1 ? undefined : password(text.slice(0, colon), text.slice(colon + 1))
  }
  return typeof entry.username === 'string' && typeof entry.password === 'string'
    ? password(entry.username, entry.password)
    : undefined
}

/** docker pads a password with NULs in some versions. */
const password = (user: string, secret: string): Credentials => ({
  kind: 'password',
  user,
  password: secret.replace(/\0+$/, ''),
})

async function askHelper(
  name: string,
  keys: readonly string[],
  file: string,
  env: Env,
  signal: AbortSignal | undefined,
): Promise<Result<Credentials | undefined, Message>> {
  const program = `docker-credential-${name}`
  const fault = (why: string): Result<never, Message> =>
    refuse({ cannot: 'learn the password of the registry', why, facts: [['config', file]] })
  // A slash would make it a path, and of the config a list of programs to run.
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(name)) return fault(`${quoted(name)} is no name of a credential helper`)
  for (const key of keys) {
    const said = await runHelper(program, key, env, signal)
    if (said.kind === 'trouble') return fault(said.why)
    if (said.kind === 'none') continue
    const { Username: user, Secret: secret } = said.answer
    if (typeof user !== 'string' || typeof secret !== 'string')
      return fault(`${program} does not answer with a Username and a Secret`)
    return ok(user === '<token>' ? { kind: 'refresh token', token: secret } : password(user, secret))
  }
  return ok(undefined)
}

type HelperAnswer =
  | { readonly kind: 'answer'; readonly answer: Readonly<Record<string, unknown>> }
  | { readonly kind: 'none' }
  | { readonly kind: 'trouble'; readonly why: string }

const HELPER_MS = 60_000

/** What a program has written is there when it has ended; this is for us to read it. */
const LAST_WORDS_MS = 200

/**
 * `docker-credential-X get`, with the registry on stdin, prints JSON. It is ended when nobody waits for it any more; what
 * it has started may go on, and is not waited for.
 */
function runHelper(
  program: string,
  key: string,
  env: Env,
  signal: AbortSignal | undefined,
): Promise<HelperAnswer> {
  // The option `timeout` of spawn would keep a process waiting for all of it, where the program cannot be run.
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), HELPER_MS)
  const ending = signal ? anyAborted(signal, late.signal) : late.signal
  return new Promise<HelperAnswer>(resolve => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'inherit'], env, signal: ending })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      if (out.length < MAX_BYTES) out += text
    })
    child.stdin.on('error', () => {})
    child.stdin.end(`${key}\n`)
    child.once('error', () => {
      child.stdout.destroy()
      const why = ending.aborted ? 'did not answer in time' : 'cannot be run'
      resolve({ kind: 'trouble', why: `${program} ${why}` })
    })
    // An agent that it has started may hold its output open for as long as it runs.
    child.once('exit', () => setTimeout(() => child.stdout.destroy(), LAST_WORDS_MS))
    child.once('close', status => {
      // What docker's helpers say when they know nobody.
      if (status !== 0 && /credentials not found/i.test(out)) resolve({ kind: 'none' })
      else if (status !== 0) resolve({ kind: 'trouble', why: `${program} ended with exit status ${status}` })
      else resolve(readAnswer(program, out))
    })
  }).finally(() => clearTimeout(timer))
}

function readAnswer(program: string, text: string): HelperAnswer {
  try {
    const answer: unknown = JSON.parse(text)
    if (isObject(answer)) return { kind: 'answer', answer }
  } catch {
    // Told below, without the words of the parser, which may quote a password.
  }
  return { kind: 'trouble', why: `${program} does not answer with a JSON object` }
}

const object = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {})
