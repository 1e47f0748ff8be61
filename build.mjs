// Bundles each program into dist/, because node 20 does not run TypeScript and a bundle starts
// in half the time of its modules. Run by `npm ci` (prepare) and by the doors in bin/ whenever a
// source file is newer than dist/.built.
import { existsSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { build } from 'esbuild'
import { globbySync } from 'globby'

const programs = {
  gen: 'generator/main.ts',
  coolports: 'cli/main.ts',
  fetch: 'helpers/fetch/main.ts',
  build: 'helpers/build/main.ts',
  redo: 'redo/main.ts',
}
for (const file of globbySync('bench/*.bench.ts')) programs[`bench/${basename(file, '.bench.ts')}`] = file

await build({
  entryPoints: Object.fromEntries(Object.entries(programs).filter(([, source]) => existsSync(source))),
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  splitting: true,
  external: ['esbuild', 'oxc-parser'],
  // CommonJS dependencies ask for require(); an ES module has none of its own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
})
writeFileSync('dist/.built', '')
