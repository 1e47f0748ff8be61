import { describe, expect, test } from 'vitest'
import { manifest, Tree } from '../support/tree.ts'

/** What is said of a manifest with this build, in its line 8. */
const refusalOf = (build: string): Promise<string> =>
  new Tree({
    'pkg/seed/package.ts': manifest(),
    'pkg/a/package.ts': manifest(
      { build },
      "import { cmake, meson, plainMake, staticAutotools, staticMake, withBuildDeps, withCheck } from 'coolports'",
    ),
  }).refusals()

const SYSTEMS = ['autotools', 'staticAutotools', 'cmake', 'meson', 'plainMake', 'staticMake'] as const

describe.each(SYSTEMS)('%s() refuses at the line of its call', system => {
  const refused = (why: string): string =>
    `pkg/a/package.ts:8:10: cannot evaluate the manifest: ${why.replaceAll('SYSTEM', system)}`

  test('an option that it does not have, with the nearest one', async () => {
    expect(await refusalOf(`${system}({ befor: sh\`x\` })`)).toBe(
      refused('SYSTEM() has no option "befor"\n  did you mean "before"?'),
    )
    expect(await refusalOf(`${system}({ toString: [] })`)).toContain(
      'SYSTEM() has no option "toString"\n  it has: '.replace('SYSTEM', system),
    )
  })

  test('a text where a script is wanted', async () => {
    expect(await refusalOf(`${system}({ before: 'autoreconf -fi' })`)).toBe(
      refused(
        'the option "before" of SYSTEM() is the text "autoreconf -fi", not a script\n  write it as sh`…`',
      ),
    )
  })

  test('a text where a list is wanted', async () => {
    const list = /make/i.test(system) && system !== 'cmake' ? 'make' : 'configure'
    expect(await refusalOf(`${system}({ ${list}: '--x' })`)).toBe(
      refused(`the option "${list}" of SYSTEM() is the text "--x", not a list\n  write it as ['…', '…']`),
    )
    for (const value of ["['--x', undefined]", "[undefined, '--x']"])
      expect(await refusalOf(`${system}({ ${list}: ${value} })`)).toBe(
        refused(`the option "${list}" of SYSTEM() has undefined in its list, not a text`),
      )
  })

  test('what is no object of options', async () => {
    expect(await refusalOf(`${system}(['--x'])`)).toBe(
      refused('SYSTEM() takes an object of options, not a list'),
    )
  })
})

test('a build system takes an option that is undefined for one that is not there', async () => {
  for (const system of SYSTEMS) expect(await refusalOf(`${system}({ before: undefined })`)).toBe('')
})

test('staticAutotools() refuses what is neither true nor false', async () => {
  expect(await refusalOf("staticAutotools({ native: 'yes' })")).toContain(
    'the option "native" of staticAutotools() is the text "yes", not true or false',
  )
})

test.each([
  ["lines('echo one', sh`x`)", 'part 1 of lines() is the text "echo one", not a script'],
  ['lines(sh`x`, undefined, [sh`x`])', 'part 3 of lines() is a list, not a script'],
  ["withCheck(sh`x`, 'make check')", 'the check of withCheck() is the text "make check", not a script'],
  ["sh('make')", 'sh is called like a function'],
  ["sh(['make'])", 'sh is called like a function'],
  ['sh()', 'sh is called like a function'],
  ["withBuildDeps('x', ['seed'])", 'the build of withBuildDeps() is the text "x", not a script'],
])('%s is refused', async (build, why) => {
  expect(await refusalOf(build)).toBe(
    `pkg/a/package.ts:8:10: cannot evaluate the manifest: ${why}\n  write it as sh\`…\``,
  )
})

describe('a value in a script', () => {
  test.each([
    ['undefined', 'value 1 of sh`…` is undefined'],
    ['true', 'value 1 of sh`…` is true'],
    ['null', 'value 1 of sh`…` is null'],
    ['{ a: 1 }', 'value 1 of sh`…` is an object'],
    ['autotools', 'value 1 of sh`…` is a function'],
    ['[sh`a b`, undefined]', 'value 1 of sh`…` is a list with undefined in it'],
    ["['a', , 'b']", 'value 1 of sh`…` is a list with undefined in it'],
    ["['a', ['b']]", 'value 1 of sh`…` is a list with a list in it'],
  ])('is not ${%s}', async (value, why) => {
    expect(await refusalOf(`sh\`echo \${${value}}\``)).toBe(
      `pkg/a/package.ts:8:12: cannot evaluate the manifest: ${why}\n  a value is a text, a number, a script, or a list of these; \\\${NAME} is a variable of the shell`,
    )
  })

  test('may be a list with scripts in it', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest({ build: 'sh`echo ${[sh`"$HOME"`, \'a b\', 1]} x`' }),
    })
    expect(await tree.refusals()).toBe('')
    expect(tree.read('pkg/a/.pkg.tar.gz.do')).toContain(`echo "$HOME" 'a b' 1 x\n`)
  })
})
