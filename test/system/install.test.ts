import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { API_FILES } from '../support/api-files.ts'
import { Machine, mayMount } from './machine.ts'

const repository = resolve(import.meta.dirname, '../..')

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
const FEDORA = 'NAME="Fedora Linux"\nID=fedora\n'
const ALPINE = 'ID=alpine\n'
const ARCH = 'ID=arch\n'
const SUSE = 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n'

/** apt-get as on a machine that has its lists: installing a package brings its program. */
const bring = (machine: Machine): string => `
case $* in
'install -y bubblewrap') program=bwrap ;; 'install -y xz-utils') program=xz ;;
'install -y busybox-static') program=busybox ;; 'install -y recutils') program=recsel ;;
'install -y ntfs-3g') program=lowntfs-3g ;; 'install -y ipfs-cid') program=ipfs_cid ;;
'install -y '*) program=$3 ;; *) exit 100 ;;
esac
echo "Unpacking $3"
printf '#!/bin/sh\\n' >'${machine.bin}/'$program
${join('/bin', 'chmod')} 755 '${machine.bin}/'$program`

const made: { remove(): void }[] = []
afterEach(() => {
  for (const one of made.splice(0)) one.remove()
})

function machine(release: string, shell?: string): Machine {
  const one = new Machine(release, shell)
  made.push(one)
  return one
}

const need = (on: Machine, who: 'root' | 'user', program: string) =>
  on.run(who, repository, ['sh', '-euc', `. helpers/system.sh; need_program ${program}; echo went on`])

const refused = (program: string, remedy: string) => ({
  status: 2,
  stdout: '',
  stderr: `coolports: cannot go on: ${program} is missing\n  ${remedy}\n`,
})

describe.skipIf(!mayMount())('a program that is missing (needs leave to mount)', () => {
  test('is not asked for when it is there', () => {
    const debian = machine(DEBIAN)
    debian.program('apt-get', 'exit 100')
    debian.program('bwrap')
    expect(need(debian, 'root', 'bwrap')).toEqual({ status: 0, stdout: 'went on\n', stderr: '' })
    expect(debian.asked).toEqual([])
  })

  test('is installed by root on Debian, whose apt-get asks nothing and prints to stderr', () => {
    const debian = machine(DEBIAN)
    debian.program('apt-get', `echo "$DEBIAN_FRONTEND"; cat; ${bring(debian)}`)
    expect(need(debian, 'root', 'xz')).toEqual({
      status: 0,
      stdout: 'went on\n',
      stderr: 'coolports: installing xz-utils (for xz)\nnoninteractive\nUnpacking xz-utils\n',
    })
    expect(debian.asked).toEqual(['apt-get install -y xz-utils'])
  })

  test.each([
    ['Ubuntu', 'ID=ubuntu\nID_LIKE=debian\n'],
    ['a system that is like Debian', 'ID=mint\nID_LIKE="ubuntu debian"\n'],
  ])('is installed by root on %s', (_, release) => {
    const debian = machine(release)
    debian.program('apt-get', bring(debian))
    expect(need(debian, 'root', 'bwrap').status).toBe(0)
    expect(debian.asked).toEqual(['apt-get install -y bubblewrap'])
  })

  test('is installed after an update when apt-get has no lists yet', () => {
    const debian = machine(DEBIAN)
    const lists = join(debian.bin, 'lists')
    debian.program(
      'apt-get',
      `case $1 in update) : >'${lists}'; exit ;; esac
[ -e '${lists}' ] || { echo "E: Unable to locate package $3" >&2; exit 100; }
${bring(debian)}`,
    )
    const ran = need(debian, 'root', 'bwrap')
    expect(ran).toMatchObject({ status: 0, stdout: 'went on\n' })
    expect(debian.asked).toEqual([
      'apt-get install -y bubblewrap',
      'apt-get update',
      'apt-get install -y bubblewrap',
    ])
  })

  test.each(['dash', 'busybox', 'mksh', 'bash'])('is installed or named with %s as sh', shell => {
    const debian = machine(DEBIAN, shell)
    debian.program('apt-get', bring(debian))
    expect(need(debian, 'root', 'bwrap')).toMatchObject({ status: 0, stdout: 'went on\n' })
    const broken = machine(DEBIAN, shell)
    broken.program('apt-get', 'exit 100')
    expect(need(broken, 'root', 'bwrap').stderr).toMatch(/ {2}install it: apt-get install -y bubblewrap\n$/)
    expect(need(machine('', shell), 'user', 'bwrap')).toEqual(
      refused('bwrap', "install your distribution's package of bubblewrap"),
    )
  })

  test.each([
    ['everything', 'exit 100'],
    ['the second installation', '[ "$1" = update ] || exit 100'],
    ['nothing, but brings no program', 'exit 0'],
  ])('ends with the command when apt-get fails at %s', (_, script) => {
    const debian = machine(DEBIAN)
    debian.program('apt-get', script)
    const ran = need(debian, 'root', 'bwrap')
    expect(ran).toEqual({
      ...refused('bwrap', ''),
      stderr: `coolports: installing bubblewrap (for bwrap)\n${
        refused('bwrap', 'install it: apt-get install -y bubblewrap').stderr
      }`,
    })
  })

  test('ends with the command when there is no apt-get at all', () => {
    const ran = need(machine(DEBIAN), 'root', 'bwrap')
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(/ {2}install it: apt-get install -y bubblewrap\n$/)
  })

  const cases: readonly (readonly [system: string, release: string, root: string, package_: string])[] = [
    ['Debian', DEBIAN, 'apt-get install -y', 'xz-utils'],
    ['Fedora', FEDORA, 'dnf install -y', 'xz'],
    ['a system that is like Fedora', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf install -y', 'xz'],
    ['Alpine', ALPINE, 'apk add', 'xz'],
    ['Arch', ARCH, 'pacman -S --noconfirm', 'xz'],
    ['openSUSE', SUSE, 'zypper install -y', 'xz'],
  ]

  test.each(cases)(
    'is named to a user of %s with the command that installs it',
    (_, release, install, name) => {
      const on = machine(release)
      for (const manager of ['apt-get', 'dnf', 'apk', 'pacman', 'zypper']) on.program(manager)
      expect(need(on, 'user', 'xz')).toEqual(refused('xz', `install it: sudo ${install} ${name}`))
      expect(on.asked).toEqual([])
    },
  )

  test.each(cases.slice(1))('is named to root, too, on %s', (_, release, install, name) => {
    const on = machine(release)
    for (const manager of ['apt-get', 'dnf', 'apk', 'pacman', 'zypper']) on.program(manager)
    expect(need(on, 'root', 'xz')).toEqual(refused('xz', `install it: ${install} ${name}`))
    expect(on.asked).toEqual([])
  })

  test.each([
    ['of a name that nobody knows', 'ID=hurdle\n'],
    ['without a name', ''],
    ['with an os-release that is no shell', 'ID=(\n'],
  ])('is named by itself on a system %s', (_, release) => {
    expect(need(machine(release), 'root', 'bwrap')).toEqual(
      refused('bwrap', "install your distribution's package of bubblewrap"),
    )
  })

  test.each([
    ['shellcheck', DEBIAN, 'shellcheck'],
    ['shellcheck', FEDORA, 'ShellCheck'],
    ['shellcheck', SUSE, 'ShellCheck'],
    ['busybox', DEBIAN, 'busybox-static'],
    ['busybox', ALPINE, 'busybox-static'],
    ['busybox', ARCH, 'busybox'],
    ['recsel', FEDORA, 'recutils'],
    ['mksh', ARCH, 'mksh'],
    ['bwrap', ALPINE, 'bubblewrap'],
  ])('has the package of its distribution: %s', (program, release, name) => {
    expect(need(machine(release), 'user', program).stderr).toMatch(
      new RegExp(` ${name.replace('+', '.')}\n$`),
    )
  })

  test('stops the main job before anything is built', () => {
    const tree = clone()
    const fedora = machine(FEDORA)
    // What can be made without it is made.
    expect(fedora.run('user', tree, ['./bin/do', 'package.json']).status).toBe(0)
    const ran = fedora.run('user', tree, ['./bin/build-packages-ifchange', 'zlib'])
    expect(ran).toMatchObject({ status: 2, stdout: '' })
    expect(ran.stderr).toMatch(/ {2}install it: sudo dnf install -y bubblewrap\n$/)
    for (const target of ['pkg/zlib/.pkg.tar.gz', 'pkg/zlib/.test'])
      expect(fedora.run('user', tree, ['./bin/do', target])).toEqual(
        refused('bwrap', 'install it: sudo dnf install -y bubblewrap'),
      )
  })

  test('is installed by .ci/test, with all else that the tests need, before they run', () => {
    const tree = clone()
    const debian = machine(DEBIAN)
    debian.program('apt-get', bring(debian))
    for (const tool of ['npx', 'npm']) debian.program(tool)
    const ran = debian.run('root', tree, ['sh', '.ci/test', 'test/one'])
    expect(ran.status).toBe(0)
    expect(debian.asked).toEqual([
      ...[
        ...['bubblewrap', 'xz-utils', 'shellcheck', 'busybox-static', 'mksh', 'recutils'],
        ...[
          'minisign',
          'openssl',
          'nginx',
          'ntfs-3g',
          'curl',
          'ipfs-cid',
          'skopeo',
          'umoci',
          'docker-registry',
          'git',
          'zsh',
          'fish',
        ],
      ].map(name => `apt-get install -y ${name}`),
      'npm ci --no-audit --no-fund --prefix helpers/libp2p',
      'npx --no-install biome check .',
      'npm run --silent typecheck',
      'npx --no-install vitest run test/one',
    ])
  })
})

/** The doors and the set-up of this tree, without packages. */
function clone(): string {
  const root = mkdtempSync(join(tmpdir(), 'coolports clone-'))
  made.push({ remove: () => rmSync(root, { recursive: true, force: true }) })
  for (const part of ['bin', 'helpers', '.ci/test', ...API_FILES, 'core'])
    cpSync(join(repository, part), join(root, part), {
      recursive: true,
      preserveTimestamps: true,
      // What npm has installed here is not part of a clone.
      filter: path => basename(path) !== 'node_modules',
    })
  for (const part of ['dist', 'node_modules']) symlinkSync(join(repository, part), join(root, part))
  // shellcheck is a stub here.
  writeFileSync(join(root, 'package.json'), '{}\n')
  writeFileSync(join(root, '.ci/shellcheck'), '')
  chmodSync(join(root, '.ci/shellcheck'), 0o755)
  mkdirSync(join(root, 'pkg/zlib'), { recursive: true })
  cpSync(join(repository, 'pkg/zlib/package.ts'), join(root, 'pkg/zlib/package.ts'))
  mkdirSync(join(root, 'pkg/seed'))
  cpSync(join(repository, 'pkg/seed/package.ts'), join(root, 'pkg/seed/package.ts'))
  return root
}
