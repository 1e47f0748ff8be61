import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manifest, Tree } from '../support/tree.ts'
import { coolportsDoor, coolportsIn } from './support.ts'

const door = resolve(import.meta.dirname, '../../bin/coolports')

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

test.skipIf(!isThere('bash'))('bash completes a package behind the path of the door', () => {
  const { root } = tree()
  const script = join(root, 'script')
  writeFileSync(script, coolportsDoor(new Tree(), 'completion', 'bash').out)
  const asked = `. "$1"; COMP_WORDS=("$2" -C "$3" show mk); COMP_CWORD=4; _coolports; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = spawnSync('bash', ['-c', asked, 'bash', script, door, root], { encoding: 'utf8' })
  expect(stdout).toBe('mksh\n')
})

test.skipIf(!isThere('fish'))('fish completes a command', () => {
  const asked = 'coolports completion fish | source; complete -C "coolports explai"'
  const env = { ...process.env, PATH: `${resolve(door, '..')}:${process.env.PATH}` }
  expect(spawnSync('fish', ['-c', asked], { encoding: 'utf8', env }).stdout).toMatch(/^explain\tSay why/)
})
