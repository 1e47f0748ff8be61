import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')

/** Bundles one program, which says the text of its one source file. */
const BUILD = `import { readFileSync, mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('dist', { recursive: true })
writeFileSync('dist/say.js', \`console.log(\${JSON.stringify(readFileSync('helpers/fetch/text.ts', 'utf8'))})\`)
console.log('bundled')
`

let top = ''
let root = ''

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'coolports door-'))
  root = top
  for (const folder of ['core', 'helpers/fetch', 'node_modules'])
    mkdirSync(join(root, folder), { recursive: true })
  cpSync(join(repository, 'helpers/door.sh'), join(root, 'helpers/door.sh'))
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}')
  source('build.mjs', BUILD, 100)
  source('core/other.ts', '', 100)
  source('helpers/fetch/text.ts', 'one', 100)
})

afterEach(() => rmSync(top, { recursive: true }))

/** Writes a source file as it was left some seconds ago. */
function source(path: string, text: string, secondsAgo: number): void {
  writeFileSync(join(root, path), text)
  age(path, secondsAgo)
}

function age(path: string, secondsAgo: number): void {
  const then = Date.now() / 1_000 - secondsAgo
  utimesSync(join(root, path), then, then)
}

const UNFIT = 'coolports: cannot run: there is a colon or a backslash in the path of the tree, '

describe.each(['dash', 'busybox ash', 'mksh', 'bash'])('a door run by %s', shell => {
  const [program = '', ...words] = shell.split(' ')
  const run = (path = process.env.PATH): string => {
    const script = 'set -eu; coolports=$1; . "$coolports/helpers/door.sh"; run_program say'
    const { stdout, stderr } = spawnSync(program, [...words, '-c', script, 'door', root], {
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
    })
    return stderr + stdout
  }

  test.each(['a:b', 'a\\b'])('refuses a tree at a path as %s, where nothing would be found', name => {
    const moved = join(root, name)
    mkdirSync(moved)
    for (const part of ['helpers', 'core', 'build.mjs']) renameSync(join(root, part), join(moved, part))
    root = moved
    expect(run()).toBe(`${UNFIT}"${moved}"\n`)
  })

  test.each([
    ['v18.20.4', false],
    ['v20.2.0', false],
    ['v20.18.3', false],
    ['v20.19.0', true],
    ['v20.20.2', true],
    ['v22.0.0', true],
    ['v100.0.0', true],
  ])('tells a node %s that is too old for what it is to make', (version, good) => {
    const bin = join(root, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'node'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })
    const said = run(`${bin}:${process.env.PATH}`)
    if (good) expect(said).not.toContain('cannot run')
    else
      expect(said).toMatch(
        new RegExp(
          `^coolports: cannot run: node ${version} is too old\n  install Node\\.js 20\\.19 or newer .*\n$`,
        ),
      )
  })

  test('bundles the programs once', () => {
    expect(run()).toBe('bundled\none\n')
    age('dist/say.js', 50)
    expect(run()).toBe('one\n')
  })

  test.each(['build.mjs', 'core/other.ts', 'helpers/fetch/text.ts'])(
    'bundles them anew after an edit of %s',
    path => {
      run()
      age('dist/say.js', 50)
      age(path, 10)
      expect(run()).toContain('bundled\n')
    },
  )

  test('bundles them anew after an edit in the second of the last bundle', () => {
    run()
    source('helpers/fetch/text.ts', 'two', 50)
    const then = Math.floor(Date.now() / 1_000) - 50
    for (const path of ['dist/say.js', 'helpers/fetch/text.ts']) utimesSync(join(root, path), then, then)
    expect(run()).toBe('bundled\ntwo\n')
  })
})

const doors = readdirSync(join(repository, 'bin'), { withFileTypes: true }).flatMap(entry =>
  // do-reuse is for rules, and has no help.
  entry.isFile() && entry.name !== 'do-reuse' ? [entry.name] : [],
)

test.each(doors)('bin/%s is run by a symlink from elsewhere, as npx does', name => {
  const link = join(root, name)
  symlinkSync(join(repository, 'bin', name), link)
  const ran = spawnSync(link, ['--help'], { cwd: root, encoding: 'utf8' })
  expect(ran.stderr).not.toMatch(/cannot open|can't open|not found|No such file/)
  expect(`${ran.stdout}${ran.stderr}`).toMatch(/\S/)
})

test.each([...doors.map(name => [name, '--help']), ['do-reuse', 'hash', 'out']])(
  'bin/%s is run by a path from where one stands, whatever CDPATH is',
  (name, ...words) => {
    writeFileSync(join(root, 'hash'), `${'0'.repeat(64)}\n`)
    symlinkSync(join(repository, 'bin'), join(root, 'bin'))
    const { stderr } = spawnSync(`bin/${name}`, words, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, CDPATH: '.:/usr', PKG_CACHE_URL: join(root, 'nowhere') },
    })
    expect(stderr).not.toMatch(/cannot open|can't open|not found|No such file/)
  },
)
