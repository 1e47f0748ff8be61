import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

// What doc/technical.md says of the layers, and of the order of the folders in helpers/.

const root = resolve(import.meta.dirname, '..')

/** By layer, those that it may use beside itself. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  templates: ['core', 'generator'],
  generator: ['core', 'templates'],
  redo: ['core'],
  helpers: ['core'],
}

/** Each may use those in front of it. */
const HELPERS: readonly string[] = [
  'http',
  'tar',
  'store',
  'built',
  'sandbox',
  'oci',
  'block',
  'bitswap',
  'ipfs',
  'fetch',
  'mirror',
  'pin',
  'upstream',
  'build',
  'cache',
  'worker',
  'install',
  'venv',
  'export',
  'sbom',
  'whence',
  'reproduce',
]

test.each(Object.entries(LAYERS))('%s/ uses no layer but its own and %j', (layer, others) => {
  const used = imports(layer).map(({ to }) => to.split('/')[0] ?? '')
  expect([...new Set(used)].filter(to => to !== layer && !others.includes(to))).toEqual([])
})

test('a folder of helpers/ uses those that stand before it', () => {
  const rank = (path: string): number => HELPERS.indexOf(path.split('/')[1] ?? '')
  const inside = imports('helpers').filter(({ to }) => to.startsWith('helpers/'))
  expect(inside.length).toBeGreaterThan(500)
  expect(inside.filter(({ from, to }) => rank(from) < 0 || rank(to) < 0 || rank(to) > rank(from))).toEqual([])
})

test('no command uses another one', () => {
  const commandOf = (path: string): string | undefined => /^cli\/commands\/([^/.]+)/.exec(path)?.[1]
  const used = imports('cli').filter(({ to }) => commandOf(to) !== undefined)
  expect(used.length).toBeGreaterThan(50)
  const elsewhere = used.filter(({ from, to }) => commandOf(from) !== commandOf(to)).map(({ from }) => from)
  // The two that are run.
  expect([...new Set(elsewhere)].sort()).toEqual(['cli/run.ts', 'cli/venv-door.ts'])
})

interface Import {
  readonly from: string
  readonly to: string
}

function imports(folder: string): readonly Import[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(
      name =>
        name.endsWith('.ts') && !name.includes('node_modules') && statSync(join(root, folder, name)).isFile(),
    )
    .flatMap(name => {
      const from = join(folder, name)
      const found = readFileSync(join(root, from), 'utf8').matchAll(
        /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g,
      )
      return [...found].map(([, path = '']) => ({ from, to: join(from, '..', path) }))
    })
}
