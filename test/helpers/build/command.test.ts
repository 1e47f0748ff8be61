import { describe, expect, test } from 'vitest'
import { parseCommand } from '../../../helpers/build/command.ts'
import { parseSources } from '../../../helpers/build/sources.ts'
import { namespaceRemedy } from '../../../helpers/sandbox/namespaces.ts'

describe('parseCommand()', () => {
  const base = ['--package', 'a-1-1', '--closure', '.bclosure', '--out', 'x']

  test('reads a build', () => {
    const host = ['--host', '/usr', '--host', '/bin']
    expect(parseCommand([...base, '--fetch', '.fetch', '--files', 'files', ...host], {})).toEqual({
      ok: true,
      value: {
        kind: 'build',
        label: 'a-1-1',
        closures: ['.bclosure'],
        fetch: '.fetch',
        files: 'files',
        host: ['/usr', '/bin'],
        out: 'x',
        verbose: false,
      },
    })
  })

  test('is verbose when COOLPORTS_VERBOSE is set', () => {
    expect(parseCommand(base, { COOLPORTS_VERBOSE: '1' })).toMatchObject({ value: { verbose: true } })
    expect(parseCommand(base, { COOLPORTS_VERBOSE: '' })).toMatchObject({ value: { verbose: false } })
  })

  test.each([
    [['--package', 'a', '--closure', 'b'], '--out is missing'],
    [['--closure', 'b', '--out', 'x'], '--package is missing'],
    [['--package', 'a', '--out', 'x'], '--closure is missing'],
    [[...base, '--test'], '--test needs --shell'],
    [['--import', 'a', '--out', 'x'], '--import needs --fetch'],
    [['--open', 'a'], '--open needs --closure'],
    [[...base, 'stray'], 'unexpected argument "stray"'],
  ])('refuses %j', (args, error) => {
    expect(parseCommand(args, {})).toEqual({ ok: false, error })
  })

  test('refuses an option that there is not', () => {
    expect(parseCommand([...base, '--hots', '/'], {})).toEqual({
      ok: false,
      error: 'there is no option --hots',
    })
  })
})

describe('namespaceRemedy()', () => {
  const kernel = (settings: Readonly<Record<string, string>>) => (name: string) => settings[name]

  test('names the setting that forbids namespaces', () => {
    expect(namespaceRemedy(kernel({ 'kernel.unprivileged_userns_clone': '0' }))).toContain(
      'sysctl -w kernel.unprivileged_userns_clone=1',
    )
    expect(namespaceRemedy(kernel({ 'user.max_user_namespaces': '0' }))).toContain(
      'sysctl -w user.max_user_namespaces=15000',
    )
    expect(namespaceRemedy(kernel({ 'kernel.apparmor_restrict_unprivileged_userns': '1' }))).toContain(
      'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    )
  })

  test('says nothing when none does', () => {
    expect(namespaceRemedy(kernel({}))).toBeUndefined()
    expect(
      namespaceRemedy(
        kernel({ 'user.max_user_namespaces': '96365', 'kernel.unprivileged_userns_clone': '1' }),
      ),
    ).toBeUndefined()
  })
})

describe('parseSources()', () => {
  const digest = 'a'.repeat(64)

  test('reads the records of a fetch list', () => {
    expect(
      parseSources('/s', '.fetch', `file: a.tar\nurl: http://x/a\nurl: http://y/a\nsha256: ${digest}\n`),
    ).toEqual({
      ok: true,
      value: [{ file: 'a.tar', digest, path: `/s/distfiles/${digest}` }],
    })
  })

  test('reads what do-fetch reads: no blank line, no name but that of the url, the same twice', () => {
    const other = 'b'.repeat(64)
    const one = `url: http://x/a.tar?b\nsha256: ${digest}\n`
    expect(parseSources('/s', '.fetch', `${one}file: b.tar\nsha256: ${other}\n${one}`)).toEqual({
      ok: true,
      value: [
        { file: 'a.tar', digest, path: `/s/distfiles/${digest}` },
        { file: 'b.tar', digest: other, path: `/s/distfiles/${other}` },
      ],
    })
  })

  test('refuses all that is no name, no digest or comes twice, each by its line', () => {
    const text = `file: ../a\nsha256: ${digest}\n\nfile: b\nsha256: ${digest.slice(1)}\n\nfile: c\nsha256: ${digest}\n\nfile: c\nsha256: ${'b'.repeat(64)}\n\nnonsense\n`
    const read = parseSources('/s', '.fetch', text)
    expect(
      !read.ok &&
        read.error.map(problem => (problem.kind === 'bad fetch list' ? [problem.line, problem.why] : [])),
    ).toEqual([
      [13, '"nonsense" is no field (NAME: VALUE)'],
      [1, '"../a" is not a plain file name'],
      [5, `sha256 "${digest.slice(1)}" is not 64 lower-case hexadecimal digits`],
      [10, '"c" is already the name of the source in line 7'],
    ])
  })
})
