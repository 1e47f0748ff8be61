import { describe, expect, test } from 'vitest'
import { type Command, parseCommand } from '../../helpers/venv/command.ts'

const parsed = (...words: readonly string[]) => parseCommand(words, '/here')

/** What is asked for by words that are right. */
function made(...words: readonly string[]): Command & { kind: 'make' } {
  const command = parsed(...words)
  if (!command.ok || command.value.kind !== 'make') throw new Error(JSON.stringify(command))
  return command.value
}

describe('parseCommand()', () => {
  test('takes paths from the folder where it was called, and hands on what is for venv-run', () => {
    const words = ['--stack', 'low', '--bind', 'data', '--env', 'A', '--merge', '/etc', '--net', '--home']
    expect(made('-o', '../out', '-j3', '--pure', ...words, 'make')).toEqual({
      kind: 'make',
      folder: '/out',
      jobs: 3,
      request: {
        packages: ['make'],
        order: false,
        prefer: [],
        alternatives: [],
        stack: '/here/low',
        given: ['--pure', '--net', '--home', '--bind', '/here/data', '--env', 'A', '--merge', 'etc'],
      },
    })
    expect(made()).toEqual({ kind: 'make', folder: '/here/venv', jobs: 1, request: undefined })
  })

  test('knows a package by its folder, and takes it once', () => {
    const { request } = made('--prefer', 'pkg/zlib', './pkg/make/', 'zlib', 'make')
    expect(request).toMatchObject({ packages: ['make', 'zlib'], prefer: ['zlib'] })
  })

  test('takes the path of an alternative from the root of the venv; it may hold any sign', () => {
    const words = ['--alternative', '/share/a=b/c=make', '--alternative', 'bin/x=zlib']
    expect(made(...words, 'make').request?.alternatives).toEqual([
      { path: 'share/a=b/c', package: 'make' },
      { path: 'bin/x', package: 'zlib' },
    ])
  })

  test.each([
    [['-j1.5', 'make'], '-j needs a whole number above 0'],
    [['-jx', 'make'], '-j needs a whole number above 0'],
    [['-o', '', 'make'], '-o needs a folder'],
    [['-o', 'a\ufffd', 'make'], 'the name "/here/a\ufffd" is not in UTF-8'],
    [['--stack', 'a\ufffd', 'make'], 'the name "/here/a\ufffd" is not in UTF-8'],
    [['--prefer', '../Make', 'make'], 'no package can be named "../Make"'],
    [['make', ''], 'no package can be named ""'],
    [['--merge', 'a b', 'make'], 'no top-level folder can be named "a b"'],
    [['--merge', '/', 'make'], 'no top-level folder can be named ""'],
    [['--alternative', '=make', 'make'], '--alternative is PATH=PACKAGE, and not "=make"'],
    [['--alternative', '/=make', 'make'], '--alternative is PATH=PACKAGE, and not "/=make"'],
    [['--alternative', 'bin/x=Make', 'make'], '--alternative is PATH=PACKAGE, and not "bin/x=Make"'],
    [['--order'], 'no package is named'],
    [['--x\u009b31m'], 'there is no option --x\\u009b31m'],
  ])('refuses %j', (words, why) => {
    const command = parsed(...words)
    expect(command.ok || command.error).toContain(why)
  })
})
