// What a package costs beyond its build script: 100 packages, each a script that writes one file,
// built cold with -j2 by bin/do; beside the same 100 scripts as sandboxed derivations of nix-build, where
// that is on PATH, in turn; and in bare bubblewrap sandboxes, one after the other, without dependencies,
// packing, digests or keys. $TMPDIR should be in memory, but not below /dev: nix's sandboxes have their own.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './support/median.ts'
import { plantFile, plantSeed, plantTree } from './support/tree.ts'

const repository = resolve(fileURLToPath(import.meta.url), '../../..')
const COUNT = 100

/** Each round builds packages of its own, so that each is cold. */
const ROUNDS = 5
const rounds = Array.from({ length: ROUNDS }, (_, round) =>
  Array.from({ length: COUNT }, (_, index) => `p${round}-${index}`),
)

const root = mkdtempSync(join(tmpdir(), 'coolports-bench-'))
try {
  makeTree()
  run('node', ['dist/gen.js', '--root', root])
  run('bin/do', ['pkg/seed/.pkg.tar.gz'])
  run('bin/do', ['pkg/first/.pkg.tar.gz'])
  const targets = rounds.map(names => names.map(name => `pkg/${name}/.pkg.tar.gz`))
  const nix = spawnSync('nix-build', ['--version']).status === 0
  if (nix) makeNix()
  const colds: number[] = []
  const derivations: number[] = []
  targets.forEach((some, round) => {
    colds.push(run('bin/do', ['-j2', ...some]))
    if (nix) derivations.push(runNix(round))
  })
  const cold = median(colds)
  const again = median(targets.map(some => run('bin/do', ['-j2', ...some])))
  const bare = median(rounds.map((_, round) => run('sh', ['-c', bareSandboxes(`bare-${round}`)])))
  console.log(`${COUNT} trivial packages, -j2, seconds, medians of ${ROUNDS}`)
  report('bin/do, cold', cold, 'package')
  report('bin/do, nothing to do', again, 'package')
  report('bare bwrap, one core', bare, 'script')
  console.log(`cold / bare            ${(cold / bare).toFixed(1)}`)
  if (nix) {
    report('nix-build', median(derivations), 'derivation')
    console.log(`cold / nix-build       ${(cold / median(derivations)).toFixed(2)}`)
  }
  console.log(`load now               ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`)
} finally {
  rmSync(root, { recursive: true, force: true })
}

function report(what: string, seconds: number, unit: string): void {
  console.log(
    `${what.padEnd(22)} ${seconds.toFixed(2)}   ${((seconds / COUNT) * 1000).toFixed(1)} ms a ${unit}`,
  )
}

function makeTree(): void {
  plantTree(repository, root)
  plantSeed(repository, root)
  for (const name of ['first', ...rounds.flat()]) plantFile(root, name)
}

function bareSandboxes(folder: string): string {
  return `tree=$(echo .store/trees/*)
mkdir ${folder}
for i in $(seq ${COUNT}); do
  mkdir "${folder}/$i"
  bwrap --ro-bind "$tree/bin" /bin --bind "${folder}/$i" /destdir --proc /proc --dev /dev --unshare-all --clearenv \\
    /bin/sh -euc 'echo x >/destdir/file'
done`
}

/** A store of nix in the same tree, with the seed's shell for its sandbox, and nothing in it. */
function makeNix(): void {
  writeFileSync(
    join(root, 'trivial.nix'),
    `{ round }: builtins.genList (index: derivation {
  name = "p${'${round}'}-${'${toString index}'}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [ "-c" "echo x >$out" ];
}) ${COUNT}
`,
  )
  runNix(-1)
}

/** Nothing is asked of caches, and no ids of builders are needed, which are root's to have. */
function runNix(round: number): number {
  const shell = `tree=$(echo .store/trees/*)
exec nix-build trivial.nix --argstr round "$1" -j2 --no-out-link --option substitute false \\
  --option sandbox true --option build-users-group "" --option sandbox-paths "/bin/sh=$PWD/$tree/bin/sh"`
  return run('sh', ['-c', shell, 'sh', String(round)], {
    NIX_STORE_DIR: join(root, 'nix/store'),
    NIX_STATE_DIR: join(root, 'nix/var'),
    NIX_LOG_DIR: join(root, 'nix/log'),
    NIX_CONF_DIR: join(root, 'nix/etc'),
  })
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const start = process.hrtime.bigint()
  const { status, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, COOLPORTS_STORE: join(root, '.store'), ...env },
  })
  if (status !== 0) throw new Error(`${program} failed: ${stderr.slice(-1000)}`)
  return Number(process.hrtime.bigint() - start) / 1e9
}
