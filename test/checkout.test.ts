import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const repository = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'coolports-checkout-'))
afterEach(() => rmSync(folder, { recursive: true }))

test('a clone has the ends of lines of the repository, whatever git was told of them', () => {
  const git = (...words: readonly string[]) => execFileSync('git', ['-C', folder, ...words])
  git('init', '-q', 'here')
  copyFileSync(join(repository, '.gitattributes'), join(folder, 'here/.gitattributes'))
  writeFileSync(join(folder, 'here/door'), '#!/bin/sh\n')
  git('-C', 'here', 'add', '.')
  git('-C', 'here', '-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '-qm', 'all')
  git('clone', '-q', '-c', 'core.autocrlf=true', 'here', 'there')
  expect(readFileSync(join(folder, 'there/door'), 'utf8')).toBe('#!/bin/sh\n')
})
