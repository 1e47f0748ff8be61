// What a package costs beyond its build script: 100 packages, each a script that writes one file,
// built cold with -j2 by bin/do; beside the same 100 scripts in bare bubblewrap sandboxes, one
// after the other, without dependencies, packing, digests or keys.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = resolve(fileURLToPath(import.meta.url), '../../..')
const COUNT = 100

const root = mkdtempSync(join(tmpdir(), 'coolports-bench-'))
try {
  makeTree()
  run('node', ['dist/gen.js', '--root', root])
  run('bin/do', ['pkg/seed/.pkg.tar.gz'])
  run('bin/do', ['pkg/first/.pkg.tar.gz'])
  const targets = Array.from({ length: COUNT }, (_, index) => `pkg/p${index}/.pkg.tar.gz`)
  const cold = run('bin/do', ['-j2', ...targets])
  const again = run('bin/do', ['-j2', ...targets])
  const bare = run('sh', ['-c', bareSandboxes()])
  console.log(`${COUNT} trivial packages, -j2, seconds`)
  console.log(
    `bin/do, cold           ${cold.toFixed(2)}   ${((cold / COUNT) * 1000).toFixed(0)} ms a package`,
  )
  console.log(`bin/do, nothing to do  ${again.toFixed(2)}`)
  console.log(`bare bwrap, one core   ${bare.toFixed(2)}   ${((bare / COUNT) * 1000).toFixed(0)} ms a script`)
  console.log(`cold / bare            ${(cold / bare).toFixed(1)}`)
} finally {
  rmSync(root, { recursive: true, force: true })
}

function makeTree(): void {
  for (const part of [
    'core/shell.ts',
    'generator/manifest.ts',
    'templates',
    '.do-defaults',
    'bin',
    'helpers/door.sh',
    'helpers/setup.sh',
    'helpers/system.sh',
  ]) {
    cpSync(join(repository, part), join(root, part), { recursive: true, preserveTimestamps: true })
  }
  for (const part of ['dist', 'node_modules', 'build.mjs', 'mirrors', 'package.json'])
    symlinkSync(join(repository, part), join(root, part))
  mkdirSync(join(root, 'pkg/seed'), { recursive: true })
  writeFileSync(join(root, 'pkg/seed/package.ts'), readFileSync(join(repository, 'pkg/seed/package.ts')))
  for (const name of ['first', ...Array.from({ length: COUNT }, (_, index) => `p${index}`)]) {
    mkdirSync(join(root, 'pkg', name))
    writeFileSync(
      join(root, 'pkg', name, 'package.ts'),
      `import { definePackage, sh, skip } from 'coolports'
export default definePackage({
  version: '1',
  description: 'A file',
  homepage: 'https://example.org',
  license: 'MIT',
  buildDeps: ['seed'],
  build: sh\`echo ${name} >"$DESTDIR/file"\`,
  check: skip('there is nothing to check'),
  test: skip('there is nothing to test'),
  update: { kind: 'fixed', why: 'a benchmark' },
  strip: 'none',
})
`,
    )
  }
}

function bareSandboxes(): string {
  return `tree=$(echo .store/trees/*)
mkdir -p bare
for i in $(seq ${COUNT}); do
  mkdir "bare/$i"
  bwrap --ro-bind "$tree/bin" /bin --bind "bare/$i" /destdir --proc /proc --dev /dev --unshare-all --clearenv \\
    /bin/sh -euc 'echo x >/destdir/file'
done`
}

function run(program: string, args: readonly string[]): number {
  const start = process.hrtime.bigint()
  const { status, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, COOLPORTS_STORE: join(root, '.store') },
  })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
  return Number(process.hrtime.bigint() - start) / 1e9
}
