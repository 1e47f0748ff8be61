import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { globbySync } from 'globby'
import { afterAll, expect, test } from 'vitest'
import { wantsOwnShell } from '../../redo/own-shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'own-shell-'))
afterAll(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'lib'))
writeFileSync(join(folder, 'lib/own.sh'), 'redo-ifchange "$0"\n')
writeFileSync(join(folder, 'lib/plain.sh'), 'name() { echo me; }\n')

const wanted = (text: string): boolean => wantsOwnShell(text, folder).isWanted

test('scripts of packages run in shells that stay', () => {
  const emitted = globbySync('test/generator/golden/pkg/**/*.do.golden').filter(
    path => !/\$\{?[0$]/.test(readFileSync(path, 'utf8')),
  )
  expect(emitted.length).toBeGreaterThan(4)
  expect(emitted.filter(path => wanted(readFileSync(path, 'utf8')))).toEqual([])
})

test.each([
  '. ./lib/own.sh',
  'case $1 in x) . ./lib/own.sh;; esac',
  'if . ./lib/own.sh; then :; fi',
  'false || \\. ./lib/own.sh',
  'eval ". ./lib/own.sh"',
  'while . "lib/own.sh"; do :; done',
  '. lib/absent.sh',
  '. own.sh',
  '. "$d/plain.sh"',
  'set -eux',
  'set -o xtrace',
  'echo $$',
  'for i in 1 2; do break; done',
  "cat <<'END'\nx\nEND\nbreak",
  "echo <<'END'\nbreak",
  "x='\nbreak",
  "x='one'\nbreak\ny='two'",
  "x='one' y='\nbreak\n'",
  "eval '\nbreak\n'",
  'cat <<END\n$0\nEND',
  'case $1 in x) continue ;; esac',
  'ulimit -f 1',
  'export CC=clang',
  'CC=clang redo-ifchange x.o',
  'set -a',
])('one of its own has: %s', text => {
  expect(wanted(`#!/bin/sh\n${text}\n`)).toBe(true)
})

test.each([
  '. ./lib/plain.sh',
  "cat <<'END' >$3\nfor i in 1 2; do break; done\nEND",
  "run <<-'END' one\n\tbreak\n\tEND\n",
  "run <<'END'\nulimit -s unlimited\nEND\n",
  "x='one\nbreak'\ny='it'\\''s\nbreak\n'",
  '# from that of somebody else.\nread -r hash <in',
  '  # . ./lib/own.sh',
  'set -eu',
  'echo a . b',
  "run <<'END'\nexport CC=clang\nEND\n",
  'LC_ALL=C sort',
])('no shell of its own has: %s', text => {
  expect(wanted(`#!/bin/sh\n${text}\n`)).toBe(false)
})

test('what is not there yet is looked for again', () => {
  expect(wantsOwnShell('. ./lib/late.sh', folder)).toEqual({ isWanted: true, exports: true, isEarly: true })
  writeFileSync(join(folder, 'lib/late.sh'), '. ./lib/plain.sh\n')
  expect(wantsOwnShell('. ./lib/late.sh', folder)).toEqual({
    isWanted: false,
    exports: false,
    isEarly: false,
  })
})

test('files that source each other, and long texts, are read once', () => {
  for (let at = 0; at < 30; at++) {
    const others = Array.from({ length: 30 }, (_, other) => `. ./lib/m${other}.sh`)
    writeFileSync(join(folder, `lib/m${at}.sh`), others.join('\n'))
  }
  expect(wanted('. ./lib/m0.sh')).toBe(false)
  expect(wanted('\n'.repeat(300_000))).toBe(false)
  expect(wanted('set '.repeat(100_000))).toBe(false)
})
