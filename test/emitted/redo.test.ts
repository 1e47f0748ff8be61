import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { keyAt } from '../support/pkgkey.ts'
import { bringing, redos } from '../support/redos.ts'
import { mustRun, run, smallTree, useShell } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'

beforeAll(() => {
  spawnSync('bin/coolports-gen', ['--help'])
})

const shells = ['/bin/dash', '/usr/bin/busybox', '/bin/mksh', '/bin/bash'].filter(shell => existsSync(shell))

const PACKAGES = {
  greeting: manifest({
    buildDeps: "['seed']",
    build: 'sh`mkdir -p "$DESTDIR/share"; echo hello >"$DESTDIR/share/greeting"`',
    test: 'sh`read -r word </share/greeting; test "$word" = hello`',
    strip: "'none'",
  }),
  louder: manifest({
    buildDeps: "['seed', 'greeting']",
    runDeps: "['greeting']",
    build:
      'sh`mkdir -p "$DESTDIR/share"; { cat /share/greeting; cat /files/more; } >"$DESTDIR/share/louder"`',
    test: 'sh`read -r word </share/louder; test "$word" = hello; test -e /share/greeting`',
    strip: "'none'",
  }),
}

function louderTree(shell: string): Tree {
  const tree = smallTree(PACKAGES, shell)
  tree.write('pkg/louder/files/more', 'and more\n')
  return tree
}

describe.each(redos)('the emitted rules under %s', (_, folder) => {
  test.each(shells)('build, test and stay up to date with %s as sh, in a path with spaces', async shell => {
    const tree = louderTree(interpreter(shell))
    expect((await tree.generate()).problems).toEqual([])
    for (const pkg of ['seed', 'greeting', 'louder']) {
      for (const file of readdirSync(join(tree.root, 'pkg', pkg)).filter(one => one.endsWith('.do'))) {
        useShell(join(tree.root, 'pkg', pkg, file), interpreter(shell))
      }
    }
    const targets = ['.pkg.tar.gz', '.test', '.tarhash', '.closure', '.bclosure', '.pkghash'].map(
      target => `pkg/louder/${target}`,
    )
    const { words, env } = bringing(folder, targets)
    const first = run(tree, words, env)
    expect(first.said).toContain('built louder-1.0-1')
    expect(first.status, first.said).toBe(0)
    expect(tree.read('pkg/louder/.closure')).toBe('../louder/.pkg.tar.gz\n../greeting/.pkg.tar.gz\n')
    expect(tree.read('pkg/louder/.bclosure')).toBe('../seed/.pkg.tar.gz\n../greeting/.pkg.tar.gz\n')
    expect(keyAt(tree.root, 'louder')).toMatchObject({ name: 'louder', version: '1.0' })
    expect(tree.read('pkg/louder/.tarhash')).toMatch(/^[0-9a-f]{64}\n$/)

    // redo-c runs everything again; what was built before must come out of the store then.
    const second = run(tree, words, env)
    expect(second.status, second.said).toBe(0)
    expect(second.said).not.toContain('build ')
  })
})

/** A path for `#!`, which takes none with blanks; busybox is a shell only under the name of one. */
function interpreter(shell: string): string {
  if (shell !== '/usr/bin/busybox') return shell
  const folder = '/tmp/coolports-busybox'
  if (!existsSync(join(folder, 'sh'))) {
    mkdirSync(folder, { recursive: true })
    symlinkSync(shell, join(folder, 'sh'))
  }
  return join(folder, 'sh')
}

describe('rules that somebody has edited', () => {
  test.each([
    ['script', 'echo hello >', 'echo hallo >', 'cannot run the build script: it is not that of its key'],
    ['packages', '--closure ', '--closure ../other/.closure --closure ', 'not in the key "build-dep other"'],
  ])(
    'are not run with another %s: that would be kept as the package of the key',
    async (_, old, other, why) => {
      const tree = louderTree('/bin/sh')
      tree.write('pkg/other/package.ts', PACKAGES.greeting)
      await tree.generate()
      mustRun(tree, ['bin/do', 'pkg/other/.closure', 'pkg/other/.pkg.tar.gz'])
      const rule = 'pkg/greeting/.pkg.tar.gz.do'
      const text = tree.read(rule)
      tree.write(rule, text.replace(old, other))
      const { status, said } = run(tree, ['bin/do', 'pkg/greeting/.pkg.tar.gz'])
      expect(status).not.toBe(0)
      expect(said).toContain(why)
      expect(said).toContain('run: npx coolports-gen')
      await tree.generate()
      expect(tree.read(rule)).toBe(text)
      expect(mustRun(tree, ['bin/do', 'pkg/greeting/.pkg.tar.gz'])).toContain('built greeting-1.0-1')
    },
  )
})

test('from a key that was cut nothing is built, and what is advised makes it anew', async () => {
  const tree = louderTree('/bin/sh')
  await tree.generate()
  mustRun(tree, ['bin/do', 'pkg/greeting/.pkghash'])
  const key = 'pkg/greeting/.pkghash'
  tree.write(key, tree.read(key).slice(0, 200))
  const { status, said } = run(tree, ['bin/do', 'pkg/greeting/.pkg.tar.gz'])
  expect(status).not.toBe(0)
  expect(said).toContain(
    'cannot read ".pkghash": its first line is not the sha256 of what is below it\n  remove the file and run: npx coolports-gen\n',
  )
  rmSync(join(tree.root, key))
  await tree.generate()
  expect(mustRun(tree, ['bin/do', 'pkg/greeting/.pkg.tar.gz'])).toContain('built greeting-1.0-1')
})

describe('rules that are older than their manifest', () => {
  test('refuse to build and say what to run', async () => {
    const tree = louderTree('/bin/sh')
    await tree.generate()
    const target = 'pkg/greeting/.pkg.tar.gz'
    mustRun(tree, ['bin/do', target])
    tree.write('pkg/greeting/package.ts', PACKAGES.greeting.replace('hello', 'hallo'))
    for (const stale of [target, 'pkg/greeting/.test', 'pkg/greeting/.closure', 'pkg/louder/.pkg.tar.gz']) {
      const { status, said } = run(tree, ['bin/do', stale])
      expect(status).not.toBe(0)
      expect(said).toContain('pkg/greeting: cannot build: the emitted rules are older than the manifest')
      expect(said).toContain('package.ts: FAILED')
      expect(said).not.toContain(': OK')
      expect(said).toContain('run: npx coolports-gen')
    }
    await tree.generate()
    expect(run(tree, ['bin/do', target]).said).toContain('built greeting-1.0-1')
  })

  test.each(shells)('make the key with %s as sh of all that a shell could take for its own', async shell => {
    const odd = "\"$HOME\" \\n \\\\177 %s %% * ${x} $(exit 9) `exit 9` ~ ! ā\u{1F600}\nEND\n\n<<'END' ' ''  "
    const large = Array.from({ length: 2_000 }, (_, line) => `# ${line} ${'"\'\\'.repeat(30)}`).join('\n')
    for (const word of [odd, large]) {
      const build = `sh\`: \${${JSON.stringify(word)}}\``
      const tree = smallTree({ odd: manifest({ build, buildDeps: "['seed']" }) }, interpreter(shell))
      expect((await tree.generate()).problems).toEqual([])
      useShell(join(tree.root, 'pkg/odd/.pkghash.do'), interpreter(shell))
      mustRun(tree, ['bin/do', 'pkg/odd/.pkghash'])
      const { script } = keyAt(tree.root, 'odd')
      expect(script.join('\n')).toContain(`: '${word.replaceAll("'", "'\\''")}'\n`)
      expect(tree.read('pkg/odd/.pkg.tar.gz.do')).toContain(`\n${script.join('\n')}\nEND_OF_BUILD`)
    }
  })

  test.each(shells)('refuse to build with %s as sh when another one of files/ is executable', async shell => {
    const tree = louderTree('/bin/sh')
    const [more, other] = ['pkg/louder/files/more', "pkg/louder/files/it's other"]
    tree.write(other, '')
    chmodSync(join(tree.root, other), 0o755)
    await tree.generate()
    useShell(join(tree.root, 'pkg/louder/.pkghash.do'), interpreter(shell))
    mustRun(tree, ['bin/do', 'pkg/louder/.pkghash'])
    for (const [path, mode, before] of [
      [more, 0o755, 0o644],
      [other, 0o644, 0o755],
    ] as const) {
      chmodSync(join(tree.root, path), mode)
      const { status, said } = run(tree, ['bin/do', 'pkg/louder/.pkg.tar.gz'])
      expect(status).not.toBe(0)
      expect(said).toContain('pkg/louder: cannot build: the emitted rules are older than the manifest')
      expect(said).toContain('files: others are executable now\n  run: npx coolports-gen')
      chmodSync(join(tree.root, path), before)
    }
    mustRun(tree, ['bin/do', 'pkg/louder/.pkghash'])
  })

  test('refuse to build, all of them, when the manifest API is another', async () => {
    const tree = louderTree('/bin/sh')
    await tree.generate()
    mustRun(tree, ['bin/do', 'pkg/louder/.pkg.tar.gz'])
    const api = 'templates/options.ts'
    tree.write(api, `${tree.read(api)}// a comment\n`)
    for (const stale of ['pkg/greeting/.pkg.tar.gz', 'pkg/louder/.closure']) {
      const { status, said } = run(tree, ['bin/do', stale])
      expect(status).not.toBe(0)
      expect(said).toContain('pkg: cannot build: the emitted rules are older than the manifest API')
      expect(said).toContain('../templates/options.ts: FAILED')
      expect(said).toContain('run: npx coolports-gen')
    }
    await tree.generate()
    expect(mustRun(tree, ['bin/do', 'pkg/louder/.pkg.tar.gz'])).not.toContain('build ')
  })

  test('build nothing again when only a comment was edited', async () => {
    const tree = louderTree('/bin/sh')
    await tree.generate()
    mustRun(tree, ['bin/do', 'pkg/louder/.pkg.tar.gz'])
    const api = 'templates/options.ts'
    tree.write(api, `${tree.read(api)}// a comment\n`)
    await tree.generate()
    const ofApi = mustRun(tree, ['bin/do', 'pkg/louder/.pkg.tar.gz'])
    expect(ofApi).toContain('pkg/.api')
    expect(ofApi).not.toContain('.pkghash')
    tree.write('pkg/greeting/package.ts', `// a comment\n${PACKAGES.greeting}`)
    await tree.generate()
    const { status, said } = run(tree, ['bin/do', 'pkg/louder/.pkg.tar.gz'])
    expect(status).toBe(0)
    expect(said).not.toContain('build ')
  })

  test('are not asked twice: a package that was deleted comes back from the store', async () => {
    const tree = louderTree('/bin/sh')
    await tree.generate()
    mustRun(tree, ['bin/do', 'pkg/greeting/.pkg.tar.gz'])
    rmSync(join(tree.root, 'pkg/greeting/.pkg.tar.gz'))
    const { said } = run(tree, ['bin/do', 'pkg/greeting/.pkg.tar.gz'])
    expect(said).toContain('reuse ')
    expect(said).not.toContain('build ')
  })
})
