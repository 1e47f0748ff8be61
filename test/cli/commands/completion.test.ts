import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Command } from '../../../cli/command.ts'
import { completePackage } from '../../../cli/complete.ts'
import { commands } from '../../../cli/run.ts'
import { manifest, Tree } from '../../support/tree.ts'
import { coolportsDoor, coolportsIn } from '../support.ts'

const door = resolve(import.meta.dirname, '../../../bin/coolports')

const isThere = (shell: string): boolean => spawnSync(shell, ['-c', ':']).status === 0

function answers(tree: Tree, shell: string, ...words: readonly string[]): readonly string[] {
  const asked = ['--get-yargs-completions', 'coolports', '-C', tree.root, ...words]
  return coolportsIn(tree.root, { SHELL: shell, ZSH_NAME: '' }, ...asked)
    .out.split('\n')
    .slice(0, -1)
}

const tree = (): Tree => new Tree({ 'pkg/make/package.ts': manifest(), 'pkg/mksh/package.ts': manifest() })

describe('what may stand next', () => {
  test('is a command first', () => {
    expect(answers(tree(), 'bash', '')).toContain('explain')
  })

  test('is a package, in the form in which it was begun', () => {
    expect(answers(tree(), 'bash', 'build', 'make', '')).toEqual(['make', 'mksh'])
    expect(answers(tree(), 'bash', 'show', './pkg/m')).toEqual(['./pkg/make', './pkg/mksh'])
  })

  test('is an option behind a dash, and only there', () => {
    expect(answers(tree(), 'bash', 'build', '--')).toEqual(expect.arrayContaining(['--no-test', '--jobs']))
    expect(answers(tree(), 'bash', 'completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  test('is a package wherever the usage of a command says so, of a group too', () => {
    const at = tree()
    const forms = allCommands(commands).filter(({ usage }) => /[<[]packages?/.test(usage))
    expect(forms.length).toBeGreaterThan(15)
    for (const { usage, words } of forms) {
      // What stands before the packages: a form, a folder.
      const before = usage
        .split(' ')
        .slice(1)
        .findIndex(place => /packages?/.test(place))
      const said = completePackage(at.root, commands, [...words, ...Array(before).fill('x')], 'mk')
      expect([usage, said]).toEqual([usage, ['mksh']])
    }
  })

  test('is a package behind options and their values, and the value of an option that is to be one', () => {
    const at = tree()
    expect(answers(at, 'bash', 'export', 'oci', '-o', 'x', '--json', 'make', '--name=x', 'mk')).toEqual([
      'mksh',
    ])
    expect(answers(at, 'bash', 'export', 'oci', '-o', '')).toEqual([])
    expect(answers(at, 'bash', 'export', 'oci', '--prefer', 'mk')).toEqual(['mksh'])
    expect(answers(at, 'bash', 'mirror', 'export', 'x', '--prove', '')).toEqual(['make', 'mksh'])
    expect(answers(at, 'bash', 'sbom', '--format', '')).toEqual(['cyclonedx', 'spdx'])
    expect(answers(at, 'bash', 'sbom', '--format', 'spdx', 'mk')).toEqual(['mksh'])
    expect(answers(at, 'bash', 'shell', 'make', '')).toEqual([])
  })

  test('is a command of a group, and a form of export', () => {
    expect(answers(tree(), 'bash', 'cache', '')).toEqual(['ls', 'gc', 'verify', 'add', 'key'])
    expect(answers(tree(), 'bash', 'trust', '')).toEqual(['add', 'list', 'remove'])
    expect(answers(tree(), 'bash', 'mirror', '')).toContain('export')
    expect(answers(tree(), 'bash', 'export', '')).toEqual(['tar', 'oci', 'docker'])
  })

  test('is a value behind the sign of its option', () => {
    const at = tree()
    expect(answers(at, 'zsh', 'sbom', '--format=')).toEqual(['--format=cyclonedx', '--format=spdx'])
    expect(answers(at, 'fish', 'mirror', 'export', 'x', '--prove=mk')).toEqual(['--prove=mksh'])
    expect(answers(at, 'zsh', 'sbom', '--format=spdx', 'mk')).toEqual(['mksh'])
    // As bash takes them apart.
    expect(answers(at, 'bash', 'sbom', '--format', '=', 'cy')).toEqual(['cyclonedx'])
    expect(answers(at, 'bash', 'sbom', '--format', '=')).toEqual(['cyclonedx', 'spdx'])
    expect(answers(at, 'bash', 'sbom', '--format', '=', 'spdx', 'mk')).toEqual(['mksh'])
  })

  test('is of the tree that is named last, in whichever way', () => {
    const [at, other] = [tree(), new Tree({ 'pkg/other/package.ts': manifest() })]
    for (const named of [
      ['-C', other.root],
      [`-C${other.root}`],
      [`--tree=${other.root}`],
      ['--tree', '=', other.root],
    ])
      expect(answers(at, 'bash', ...named, 'show', '')).toEqual(['other'])
  })

  test('is left to the shell where a file is begun', () => {
    expect(answers(tree(), 'bash', 'files', './x')).toEqual([])
    expect(answers(tree(), 'bash', '-C', 'm')).toEqual([])
    expect(answers(tree(), 'bash', '--tree=m')).toEqual([])
  })

  test('has descriptions where a shell shows them', () => {
    expect(answers(tree(), 'fish', 'cl').find(one => one.startsWith('closure\t'))).toBeDefined()
    expect(answers(tree(), 'zsh', 'cl').find(one => one.startsWith('closure:'))).toBeDefined()
  })

  test('is found without the compiler of the manifests, so a broken one does no harm', () => {
    const broken = tree()
    broken.write('pkg/bad/package.ts', 'nonsense')
    expect(answers(broken, 'bash', 'show', '')).toEqual(['bad', 'make', 'mksh'])
  })
})

describe.each(['bash', 'zsh', 'fish'])('the script for %s', shell => {
  test.skipIf(!isThere(shell))('is one that the shell can read', () => {
    const at = new Tree()
    const { status, out } = coolportsDoor(at, 'completion', shell)
    expect(status).toBe(0)
    at.write('script', out)
    const read = spawnSync(shell, ['-n', join(at.root, 'script')], { encoding: 'utf8' })
    expect(read).toMatchObject({ status: 0, stderr: '' })
  })
})

const CASES: readonly (readonly [words: readonly string[], answer: string])[] = [
  [['show', 'mk'], 'mksh'],
  [['cache', 'add', '-o', 'x', 'mk'], 'mksh'],
  [['sbom', '--format', 'spdx', './pkg/mk'], './pkg/mksh'],
  [['export', 'do'], 'docker'],
  [['mirror', 'sta'], 'status'],
  [['reproduce', '-j2', 'mk'], 'mksh'],
  [['mirror', 'export', 'x', '--prove=mk'], 'mksh'],
  [['-C', '~/.', 'show', 'mk'], 'mksh'],
  // A file: the shell's own business.
  [['verify', 'some-f'], 'some-file'],
  [['-C', 'some-f'], 'some-file'],
  [['list', '--root=some-f'], 'some-file'],
]

describe.each(CASES)('in %j', (words, answer) => {
  const at = (): Tree => {
    const made = tree()
    made.write('some-file', '')
    return made
  }
  const shown = (text: string): readonly string[] =>
    text.split('\n').map(line => line.trim().replace(/^--\w+=|[\t:].*/g, ''))

  test.skipIf(!isThere('bash'))('bash completes the last word behind the path of the door', () => {
    const { root } = at()
    const script = join(root, 'script')
    writeFileSync(script, coolportsDoor(new Tree(), 'completion', 'bash').out)
    // What readline does: the function, and files where that has nothing to say.
    const asked =
      '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _coolports; [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${!#}")); printf "%s\n" "${COMPREPLY[@]}"'
    const line = ['-C', `'${root}'`, ...words].flatMap(word => word.split(/(?<==)|(?==)/))
    const { stdout } = spawnSync('bash', ['-c', asked, 'bash', script, door, ...line], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, HOME: root },
    })
    expect(stdout).toBe(`${answer}\n`)
  })

  test.skipIf(!isThere('fish'))('fish does', () => {
    const { root } = at()
    const line = ['coolports', '-C', `'${root}'`, ...words].join(' ')
    const env = { ...process.env, PATH: `${resolve(door, '..')}:${process.env.PATH}`, HOME: root }
    const asked = `coolports completion fish | source; complete -C "${line}"`
    expect(shown(spawnSync('fish', ['-c', asked], { cwd: root, encoding: 'utf8', env }).stdout)).toContain(
      answer,
    )
  })

  test.skipIf(!isThere('zsh'))('zsh does', () => {
    const { root } = at()
    const script = join(root, 'script')
    writeFileSync(script, coolportsDoor(new Tree(), 'completion', 'zsh').out)
    // Without a terminal there is no completion system; these stand for what it gives to such a function.
    const asked = `compdef() { :; }
      _describe() { local -a all=("\${(@P)2}"); all=("\${(@M)all:#\${words[CURRENT]}*}"); (( $#all )) && print -rl -- "\${all[@]}"; }
      compset() { words[CURRENT]=\${words[CURRENT]##\${~2}}; }
      _files() { print -rl -- \${words[CURRENT]}*(N); }
      . "$1"; shift; words=("$@"); CURRENT=$#; _coolports`
    const { stdout } = spawnSync('zsh', ['-fc', asked, 'zsh', script, door, '-C', `'${root}'`, ...words], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, HOME: root },
    })
    expect(shown(stdout)).toContain(answer)
  })
})

describe.skipIf(!isThere('fish'))('fish', () => {
  const completes = (line: string, cwd: string) => {
    const env = { ...process.env, PATH: `${resolve(door, '..')}:${process.env.PATH}`, LINE: line }
    const asked = 'coolports completion fish | source; complete -C "$LINE"'
    const { stdout, stderr } = spawnSync('fish', ['-c', asked], { cwd, encoding: 'utf8', env })
    return { stdout, stderr }
  }

  test('completes a command', () => {
    expect(completes('coolports explai', new Tree().root).stdout).toMatch(/^explain\tSay why/)
  })

  test('completes a file with a blank in its name', () => {
    const { root } = new Tree({ 'some file': '' })
    for (const begun of ['some\\ f', '"some f'])
      expect(completes(`coolports verify ${begun}`, root)).toEqual({ stdout: 'some file\n', stderr: '' })
  })

  test('says nothing where the program is gone', () => {
    expect(completes('./coolports bu', new Tree().root)).toEqual({ stdout: '', stderr: '' })
  })
})

/** Those of groups too, with the words that call each. */
const allCommands = (
  all: readonly Command[],
  before: readonly string[] = [],
): readonly { readonly usage: string; readonly words: readonly string[] }[] =>
  all.flatMap(one => {
    const words = [...before, one.name]
    return one.commands ? allCommands(one.commands, words) : [{ usage: one.usage, words }]
  })
