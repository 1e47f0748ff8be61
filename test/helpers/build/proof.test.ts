import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readIdentity } from '../../../helpers/tar/identity.ts'
import { BUSYBOX, Workshop } from './workshop.ts'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  await shop.pack('shell', folder => {
    mkdirSync(join(folder, 'bin'))
    mkdirSync(join(folder, 'lib'))
    copyFileSync(BUSYBOX, join(folder, 'lib/shell'))
    chmodSync(join(folder, 'lib/shell'), 0o755)
    symlinkSync('../lib/shell', join(folder, 'bin/sh'))
  })
  await shop.pack('greet', folder => writeFileSync(join(folder, 'greeting'), 'hello\n'))
})
afterAll(() => shop.close())

function tested(script: string, shell = 'shell') {
  writeFileSync(join(shop.folder('greet'), '.tclosure'), '.pkg.tar.gz\n')
  const args = [
    '--package',
    'greet-1-1',
    '--closure',
    '.tclosure',
    '--test',
    '--shell',
    `../${shell}/.pkg.tar.gz`,
    '--out',
    '.tested',
  ]
  return shop.run('greet', args, { script, env: { COOLPORTS_VERBOSE: '1' } })
}

test('a test sees the closure and no shell, though a shell reads it', () => {
  const ran = tested(
    'read -r word </greeting; echo "said $word"; for f in /*; do echo "$f"; done; [ ! -e /bin ] && echo "no bin"',
  )
  expect(ran.stderr).toContain('said hello\n')
  expect(ran.stderr).toContain('no bin\n')
  expect(ran.status).toBe(0)
  expect(readFileSync(join(shop.folder('greet'), '.tested'), 'utf8')).toBe(
    `package: greet-1-1\ntested: ${readIdentity(join(shop.folder('greet'), '.pkg.tar.gz'))} .pkg.tar.gz\nresult: ok\n`,
  )
  expect(readdirSync(shop.folder('greet')).sort()).toEqual(['.pkg.tar.gz', '.tclosure', '.tested'])
})

test('a test that fails gives no report, exits 1 and can be entered', () => {
  const ran = shop.run(
    'greet',
    [
      '--package',
      'greet-1-1',
      '--closure',
      '.tclosure',
      '--test',
      '--shell',
      '../shell/.pkg.tar.gz',
      '--out',
      '.other',
    ],
    { script: 'echo wrong; false' },
  )
  expect(ran.status).toBe(1)
  expect(ran.stderr).toContain('  wrong\ndo-build: cannot test greet-1-1: its script exited with 1\n')
  expect(existsSync(join(shop.folder('greet'), '.other'))).toBe(false)
  expect(
    shop.run('greet', ['--enter', '.build.failed'], { script: 'read -r x </greeting; echo "in $x"' }).stdout,
  ).toBe('in hello\n')
})

test('a test that asks for a program which is not there says where such a program comes from', () => {
  expect(tested('nosuch').stderr).toContain(
    'its script exited with 127\n  lacks a program: name the package that has it in testDeps, or in runDeps if',
  )
  expect(tested('exit 1').stderr).not.toContain('lacks')
})

test('what else a test needs comes after the closure of the package', async () => {
  await shop.pack('rival', folder => {
    writeFileSync(join(folder, 'greeting'), 'rival\n')
    writeFileSync(join(folder, 'more'), 'more\n')
  })
  writeFileSync(join(shop.folder('rival'), '.closure'), '../rival/.pkg.tar.gz\n../greet/.pkg.tar.gz\n')
  writeFileSync(join(shop.folder('greet'), '.closure'), '../greet/.pkg.tar.gz\n')
  const lists = ['--closure', '.closure', '--closure', '../rival/.closure']
  const args = [
    '--package',
    'greet-1-1',
    '--test',
    '--shell',
    '../shell/.pkg.tar.gz',
    ...lists,
    '--out',
    '.tested',
  ]
  const ran = shop.run('greet', args, {
    script: 'read -r g </greeting; read -r m </more; [ "$g $m" = "hello more" ]',
  })
  expect(ran.stderr).toBe('tested greet-1-1\n')
  expect(readFileSync(join(shop.folder('greet'), '.tested'), 'utf8').match(/^tested: /gm)).toHaveLength(2)
})

test('a shell package without /bin/sh is refused', () => {
  const ran = tested(':', 'greet')
  expect(ran.status).toBe(2)
  expect(ran.stderr).toBe('do-build: cannot run the test: "../greet/.pkg.tar.gz" holds no /bin/sh\n')
})

test('the shell of the host is no shell of a package that has a symlink there', async () => {
  await shop.pack('astray', folder => {
    mkdirSync(join(folder, 'bin'))
    symlinkSync('/bin/sh', join(folder, 'bin/sh'))
  })
  expect(tested(':', 'astray')).toMatchObject({
    status: 2,
    stderr: 'do-build: cannot run the test: "../astray/.pkg.tar.gz" holds no /bin/sh\n',
  })
})
