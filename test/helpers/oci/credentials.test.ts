import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findCredentials } from '../../../helpers/oci/credentials.ts'
import { startRegistry } from './registry.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'coolports docker-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const HOST = 'registry.example:5000'
const found = (config: unknown, host = HOST, signal?: AbortSignal) => {
  mkdirSync(join(home, '.docker'), { recursive: true })
  writeFileSync(
    join(home, '.docker/config.json'),
    typeof config === 'string' ? config : JSON.stringify(config),
  )
  return findCredentials(host, { HOME: home, PATH: `${home}${delimiter}${process.env.PATH}` }, signal)
}
const password = (user: string, secret: string) => ({
  ok: true,
  value: { kind: 'password', user, password: secret },
})
const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })

function helper(name: string, script: string): void {
  const file = join(home, `docker-credential-${name}`)
  writeFileSync(file, `#!/bin/sh\nread -r host\n${script}\n`)
  chmodSync(file, 0o755)
}

describe('findCredentials()', () => {
  test('finds nothing where there is no config, and in $DOCKER_CONFIG what is there', async () => {
    expect(await findCredentials(HOST, { HOME: home })).toEqual({ ok: true, value: undefined })
    writeFileSync(join(home, 'config.json'), JSON.stringify({ auths: { [HOST]: auth('me:word') } }))
    expect(await findCredentials(HOST, { HOME: '/none', DOCKER_CONFIG: home })).toEqual(
      password('me', 'word'),
    )
  })

  test('finds what podman, skopeo and buildah keep, and what docker keeps before that', async () => {
    const keep = (file: string, user: string): void => {
      mkdirSync(join(home, dirname(file)), { recursive: true })
      writeFileSync(join(home, file), JSON.stringify({ auths: { [HOST]: auth(`${user}:word`) } }))
    }
    const env = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run') }
    const named = { ...env, REGISTRY_AUTH_FILE: join(home, 'named.json') }
    keep('.config/containers/auth.json', 'lasting')
    expect(await findCredentials(HOST, named)).toEqual(password('lasting', 'word'))
    keep('run/containers/auth.json', 'login')
    expect(await findCredentials(HOST, named)).toEqual(password('login', 'word'))
    keep('.docker/config.json', 'docker')
    expect(await findCredentials(HOST, named)).toEqual(password('docker', 'word'))
    keep('named.json', 'named')
    expect(await findCredentials(HOST, named)).toEqual(password('named', 'word'))
    expect(await findCredentials('other.example', named)).toEqual({ ok: true, value: undefined })
  })

  test('skopeo login keeps it where it is found', async () => {
    const registry = await startRegistry({ password: true })
    try {
      const env = { ...process.env, REGISTRY_AUTH_FILE: join(home, 'auth.json') }
      const login = ['login', '--tls-verify=false', '-u', 'alice', '-p', 'open sesame', registry.host]
      execFileSync('skopeo', login, { env, stdio: 'ignore' })
      expect(await findCredentials(registry.host, env)).toEqual(password('alice', 'open sesame'))
    } finally {
      await registry.stop()
    }
  })

  test.each([
    [
      'a host before a part of it',
      { [`${HOST}/team`]: auth('team:a'), [HOST]: auth('me:b') },
      password('me', 'b'),
    ],
    ['a host', { [HOST]: auth('me:a:b') }, password('me', 'a:b')],
    ['a url', { [`https://${HOST}/v1/`]: auth('me:word') }, password('me', 'word')],
    ['words', { [HOST]: { username: 'me', password: 'word' } }, password('me', 'word')],
    [
      'a token',
      { [HOST]: { ...auth('me:'), identitytoken: 'abc' } },
      { ok: true, value: { kind: 'refresh token', token: 'abc' } },
    ],
    ['another host', { 'registry.example': auth('me:word') }, { ok: true, value: undefined }],
    ['no colon', { [HOST]: auth('me') }, { ok: true, value: undefined }],
  ])('reads auths of %s', async (_, auths, answer) => {
    expect(await found({ auths })).toEqual(answer)
  })

  test('tells nobody the password of a registry whose name holds his, or is held by it', async () => {
    for (const other of [`x${HOST}`, `https://${HOST}.evil/v1/`, 'registry.example'])
      expect(await found({ auths: { [other]: auth('me:word') } })).toEqual({ ok: true, value: undefined })
  })

  test("knows docker's own registry by its old name", async () => {
    const auths = { 'https://index.docker.io/v1/': auth('me:word') }
    expect(await found({ auths }, 'registry-1.docker.io')).toEqual(password('me', 'word'))
  })

  test('asks the helper of the host before that of all, and tells it the host on stdin', async () => {
    helper('mine', `printf '{"Username":"%s","Secret":"word"}' "$host"`)
    helper('all', 'exit 9')
    expect(await found({ credHelpers: { [HOST]: 'mine' }, credsStore: 'all' })).toEqual(
      password(HOST, 'word'),
    )
  })

  test('takes what a helper keeps for <token> for a refresh token', async () => {
    helper('all', `echo '{"Username":"<token>","Secret":"abc"}'`)
    expect(await found({ credsStore: 'all' })).toEqual({
      ok: true,
      value: { kind: 'refresh token', token: 'abc' },
    })
  })

  test('takes what auths say where the helper knows nobody', async () => {
    helper('all', 'echo credentials not found in native keychain; exit 1')
    expect(await found({ credsStore: 'all', auths: { [HOST]: auth('me:word') } })).toEqual(
      password('me', 'word'),
    )
    expect(await found({ credsStore: 'all' })).toEqual({ ok: true, value: undefined })
  })

  test.each([
    ['fails', 'echo secret-word; exit 3', 'docker-credential-all ended with exit status 3'],
    ['says no JSON', 'echo secret-word', 'docker-credential-all does not answer with a JSON object'],
    [
      'says less',
      `echo '{"Username":"secret-word"}'`,
      'docker-credential-all does not answer with a Username',
    ],
  ])('says so when the helper %s, without what it said', async (_, script, why) => {
    helper('all', script)
    const answer = await found({ credsStore: 'all' })
    expect(JSON.stringify(answer)).toContain(why)
    expect(JSON.stringify(answer)).not.toContain('secret-word')
  })

  test('waits no longer than somebody wants to know', async () => {
    helper('all', 'exec 2>/dev/null; sleep 60; echo {}')
    const started = performance.now()
    const answer = await found({ credsStore: 'all' }, HOST, AbortSignal.timeout(300))
    expect(answer).toMatchObject({ error: { why: 'docker-credential-all did not answer in time' } })
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('does not wait for what a helper has started', async () => {
    helper('all', `sleep 20 2>/dev/null & echo '{"Username":"me","Secret":"word"}'`)
    const started = performance.now()
    expect(await found({ credsStore: 'all' })).toEqual(password('me', 'word'))
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('of a helper that cannot be run nothing is left that would keep the process waiting', async () => {
    const before = process.getActiveResourcesInfo()
    const answer = await found({ credsStore: 'gone' })
    expect(answer).toMatchObject({ error: { why: 'docker-credential-gone cannot be run' } })
    const timers = (all: readonly string[]) => all.filter(one => one === 'Timeout').length
    expect(timers(process.getActiveResourcesInfo())).toBe(timers(before))
  })

  test.each(['../../bin/sh', 'a b', '', 'x;y'])('runs no helper that is called %j', async name => {
    const answer = await found({ credHelpers: { [HOST]: name } })
    const why = `"${name}" is no name of a credential helper`
    expect(answer).toMatchObject(name === '' ? { ok: true } : { ok: false, error: { why } })
  })

  test('says that the config is no JSON, without what stands in it', async () => {
    const answer = await found('{ "auths": secret-word')
    expect(answer).toMatchObject({ ok: false, error: { why: 'it is not JSON' } })
    expect(JSON.stringify(answer)).not.toContain('secret-word')
  })
})
