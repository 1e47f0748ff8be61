import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkout } from '../support/checkout.ts'
import { USERS } from '../venv/shop.ts'

/** The seed holds make as the tree builds it, and a compiler. */
describe('a venv of the seed', () => {
  const { root, remove } = checkout(`it's [one]*, $of "many"; 100%20 &#?`)
  afterAll(remove)

  beforeAll(() => {
    for (let folder = root; folder.startsWith('/tmp/'); folder = dirname(folder)) chmodSync(folder, 0o755)
    const made = spawnSync('bin/venv', ['-o', 'venv', 'seed'], { cwd: root, encoding: 'utf8' })
    expect([made.status, made.stdout]).toEqual([0, `${join(root, 'venv/bin/venv-run')}\n`])
  }, 10 * 60_000)

  const ways = USERS.flatMap(([who, user]) => [
    [who, user, []] as const,
    [`${who}, pure`, user, ['--pure']] as const,
  ])
  test.each(ways)('runs make and compiles a program in C for %s', (who, user, words) => {
    const work = join(root, 'venv work', who)
    mkdirSync(work, { recursive: true })
    if (user !== undefined) chownSync(work, user, user)
    writeFileSync(join(work, 'hello.c'), '#include <stdio.h>\nint main(void) { printf("%d\\n", 6 * 7); }\n')
    writeFileSync(join(work, 'Makefile'), 'hello: hello.c\n\tgcc -static -o hello hello.c\n')
    const as = user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups']
    const run = [join(root, 'venv/bin/venv-run'), ...words, '--bind', work]
    const script = 'make --version; cd "$1"; make; ./hello'
    const [program = '', ...rest] = [...as, ...run, 'sh', '-euc', script, 'sh', work]
    const { status, stdout, stderr } = spawnSync(program, rest, { cwd: root, encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^GNU Make 4/)
    expect(stdout).toMatch(/\ngcc -static -o hello hello.c\n42\n$/)
  })
})
