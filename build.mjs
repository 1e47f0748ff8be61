// Bundles each program into dist/, because node 20 does not run TypeScript and a bundle starts
// in half the time of its modules. Run by `npm ci` (prepare) and by the doors in bin/ whenever a
// source file is newer than the program that is to run.
//
// Programs may start, and other bundles be made, at any moment; each program is whole all the same:
// - A chunk is named by a digest of its content and of the chunks that it imports, so new ones stand
//   beside the old. A program gets its name, by a rename, after all of its chunks have theirs.
// - A program that runs imports some chunks late, so a chunk stays for a week after the last bundle
//   that had it. Folders switched by a symlink would have to stay as well, with all chunks each.
// - A program's time is the moment before its sources were read: an edit meanwhile makes it out of
//   date, and so does an older bundle that comes later.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { globbySync } from 'globby'

const KEPT_MS = 7 * 24 * 3600 * 1000

/** What the CycloneDX library would use for XML and for validation, if it were there. */
const OPTIONAL = ['ajv', 'ajv-formats', 'ajv-formats-draft2019', 'libxmljs2', 'xmlbuilder2']

const programs = {
  gen: 'generator/main.ts',
  coolports: 'cli/main.ts',
  fetch: 'helpers/fetch/main.ts',
  ipfs: 'helpers/pin/main.ts',
  build: 'helpers/build/main.ts',
  reuse: 'helpers/cache/main.ts',
  worker: 'helpers/worker/main.ts',
  redo: 'redo/main.ts',
  venv: 'cli/venv-door.ts',
  deflate: 'helpers/tar/deflate-worker.ts',
  'read-folder': 'helpers/cache/folder-reader-process.ts',
}
const benchmarks = Object.fromEntries(
  globbySync('bench/*.bench.ts').map(file => [`bench/${basename(file, '.bench.ts')}`, file]),
)

const part = `dist/.new-${process.pid}`
rmSync(part, { recursive: true, force: true })
mkdirSync(part, { recursive: true })
try {
  // By the clock of the file system; in whole milliseconds, downwards, lest it pass an edit.
  const begun = Math.floor(statSync(part).mtimeMs) / 1000
  const files = await bundle()
  publish(files, begun)
  retire(new Set(files.map(({ path }) => basename(path))))
} finally {
  rmSync(part, { recursive: true, force: true })
}

/**
 * Each program has chunks of its own, for what it loads late alone: those that programs share made some fifty files of one,
 * and each costs its start a third of a millisecond.
 */
async function bundle() {
  const alone = Object.entries(programs).filter(([, source]) => existsSync(source))
  const groups = [...alone.map(([name, source]) => ({ [name]: source })), benchmarks]
  const bundled = await Promise.all(groups.map(bundleTogether))
  return [...new Map(bundled.flat().map(file => [file.path, file])).values()]
}

async function bundleTogether(entryPoints) {
  const { outputFiles } = await build({
    entryPoints,
    outdir: 'dist',
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    external: ['esbuild', 'oxc-parser', ...OPTIONAL],
    // CommonJS dependencies ask for require() and __dirname; an ES module has none of its own.
    define: { __dirname: 'import.meta.dirname' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  return outputFiles
}

/** Puts the files in their places, each in one step and the programs last. */
function publish(files, begun) {
  const named = new Set([...Object.keys(programs), ...Object.keys(benchmarks)])
  const isProgram = ({ path }) => named.has(relative('dist', path).replace(/\.js$/, ''))
  const chunks = files.filter(file => !isProgram(file))
  for (const { path, contents } of [...chunks, ...files.filter(isProgram)]) {
    const file = join(part, basename(path))
    writeFileSync(file, contents)
    utimesSync(file, begun, begun)
    mkdirSync(dirname(path), { recursive: true })
    renameSync(file, path)
  }
}

/** Marks the chunks that are no longer used; removes those marked long ago, and what a kill left behind. */
function retire(used) {
  const isOld = path =>
    Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > KEPT_MS
  mkdirSync('dist/.retired', { recursive: true })
  for (const name of readdirSync('dist')) {
    const file = join('dist', name)
    const mark = join('dist/.retired', name)
    if (used.has(name)) rmSync(mark, { force: true })
    else if (name.startsWith('.new-') && isOld(file)) rmSync(file, { recursive: true, force: true })
    else if (!name.endsWith('.js')) continue
    else if (!existsSync(mark)) writeFileSync(mark, '')
    else if (isOld(mark)) for (const path of [file, mark]) rmSync(path, { force: true })
  }
}
