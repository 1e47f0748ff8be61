import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'coolports bundle-'))
  cpSync(join(repository, 'build.mjs'), join(root, 'build.mjs'))
  mkdirSync(join(root, 'helpers'))
  cpSync(join(repository, 'helpers/door.sh'), join(root, 'helpers/door.sh'))
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'))
  mkdirSync(join(root, 'redo'))
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }\n')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/**
 * Writes a program that says which edition it is: that of a module it begins with, and that of one
 * it asks for late. The files are of the time `edited`, if that is given.
 */
function edition(name: string, edited?: Date): void {
  const files = {
    'main.ts': `import { early } from './early.ts'
console.log(early)
if (process.argv[2] === 'wait') await new Promise(resolve => process.stdin.once('data', resolve))
const { late } = await import('./late.ts')
console.log(late)
process.exit(0)
`,
    'early.ts': `export const early = '${name}'\n`,
    'late.ts': `import { early } from './early.ts'\nexport const late = 'late ' + early + ' ${name}'\n`,
  }
  for (const [file, text] of Object.entries(files)) {
    // As editors do: a bundle that is being made finds the old one or the new one, and never half of it.
    const path = join(root, 'redo', file)
    writeFileSync(`${path}.new`, text)
    if (edited) utimesSync(`${path}.new`, edited, edited)
    renameSync(`${path}.new`, path)
  }
}

const bundle = () => spawnSync('node', ['build.mjs'], { cwd: root, encoding: 'utf8' })

const start = () => spawnSync('node', ['dist/redo.js'], { cwd: root, encoding: 'utf8' })

/** What a door does. */
const enter = () =>
  spawnSync('sh', ['-eu', '-c', 'coolports=$PWD; . helpers/door.sh; run_program redo'], {
    cwd: root,
    encoding: 'utf8',
  })

const said = (name: string): string => `${name}\nlate ${name} ${name}\n`

const chunks = (): readonly string[] =>
  readdirSync(join(root, 'dist')).filter(name => /-[A-Z0-9]{8}\.js$/.test(name))

/** Starts a bundle and answers when it has begun, before it has read a source. */
async function stoppedBundle(): Promise<ChildProcess> {
  const child = spawn('node', ['build.mjs'], { cwd: root, stdio: 'ignore' })
  const part = join(root, 'dist', `.new-${child.pid}`)
  while (!existsSync(part)) await after(1)
  child.kill('SIGSTOP')
  return child
}

const ended = (child: ChildProcess): Promise<unknown> => new Promise(resolve => child.once('exit', resolve))

test('a program that runs finds the modules it asks for late, however often the bundle was replaced', async () => {
  edition('first')
  bundle()
  const child = spawn('node', ['dist/redo.js', 'wait'], { cwd: root })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  while (output === '') await after(5)
  for (const name of ['second', 'third']) {
    edition(name)
    expect(bundle().status).toBe(0)
  }
  child.stdin.write('go on\n')
  await ended(child)
  expect(output).toBe(said('first'))
  expect(start().stdout).toBe(said('third'))
})

test('a program that starts while bundles are made, two at once, is whole', async () => {
  edition('0')
  bundle()
  let running = 4
  const builders = Array.from({ length: 2 }, async () => {
    for (; running > 0; running--) {
      edition(`${running}`)
      const child = spawn('node', ['build.mjs'], { cwd: root, stdio: 'ignore' })
      await ended(child)
    }
  })
  const started: string[] = []
  const starter = (async () => {
    while (running > 0) {
      const child = spawn('node', ['dist/redo.js'], { cwd: root })
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', text => {
          output += text
        })
      await new Promise(resolve => child.once('close', resolve))
      started.push(output)
    }
  })()
  await Promise.all([...builders, starter])
  expect(started.length).toBeGreaterThan(2)
  for (const output of started) expect(output).toMatch(/^(\d)\nlate \1 \d\n$/)
})

test('a program gets its name when all of its chunks have theirs, each of them in one step', async () => {
  edition('old')
  bundle()
  const old = chunks()
  edition('new')
  const events: string[] = []
  const watcher = watch(join(root, 'dist'), (event, name) => events.push(`${event} ${name}`))
  await ended(spawn('node', ['build.mjs'], { cwd: root, stdio: 'ignore' }))
  await expect.poll(() => events).toContain('rename redo.js')
  watcher.close()
  const fresh = chunks().filter(name => !old.includes(name))
  expect(fresh.length).toBeGreaterThan(0)
  const last = events.indexOf('rename redo.js')
  for (const name of fresh) {
    expect(events.indexOf(`rename ${name}`)).toBeGreaterThanOrEqual(0)
    expect(events.indexOf(`rename ${name}`)).toBeLessThan(last)
  }
  expect(events.filter(event => /^change .*\.js$/.test(event))).toEqual([])
})

test('a bundle that is killed leaves the programs as they were, and the next one goes on', async () => {
  edition('old')
  bundle()
  edition('new')
  const child = await stoppedBundle()
  child.kill('SIGKILL')
  await ended(child)
  expect(start().stdout).toBe(said('old'))
  expect(enter().stdout).toBe(said('new'))
})

test('a source that is wrong leaves the programs as they were, and says where', () => {
  edition('old')
  bundle()
  writeFileSync(join(root, 'redo/late.ts'), 'export const = 1\n')
  const ran = bundle()
  expect(ran.status).not.toBe(0)
  expect(ran.stderr).toContain('redo/late.ts:1:13')
  expect(start().stdout).toBe(said('old'))
  expect(readdirSync(join(root, 'dist')).filter(name => name.startsWith('.new-'))).toEqual([])
})

test('an edit while a bundle is made is not lost: the door bundles again', async () => {
  edition('old')
  bundle()
  const child = await stoppedBundle()
  const exit = ended(child)
  const edited = new Date(Date.now() + 5)
  await after(20)
  child.kill('SIGCONT')
  await exit
  // As if the edit had come then, right after that bundle had read the files.
  edition('new', edited)
  expect(enter().stdout).toBe(said('new'))
})

test('of two bundles at once the older may come last: the door bundles again', async () => {
  edition('old')
  bundle()
  const slow = await stoppedBundle()
  const exit = ended(slow)
  const edited = new Date(Date.now() + 5)
  await after(20)
  edition('new', edited)
  expect(enter().stdout).toBe(said('new'))
  // The slow one is given what it would have read.
  edition('old')
  slow.kill('SIGCONT')
  await exit
  edition('new', edited)
  expect(start().stdout).toBe(said('old'))
  expect(enter().stdout).toBe(said('new'))
})

test('a chunk is removed a week after the last bundle that had it, one in use never', () => {
  edition('old')
  bundle()
  const old = chunks()
  edition('new')
  bundle()
  expect(chunks()).toEqual(expect.arrayContaining([...old]))
  const age = (days: number): void => {
    const then = new Date(Date.now() - days * 24 * 3600 * 1000)
    for (const folder of ['dist', 'dist/.retired']) {
      for (const name of readdirSync(join(root, folder)))
        if (name.endsWith('.js')) utimesSync(join(root, folder, name), then, then)
    }
  }
  age(6)
  bundle()
  expect(chunks()).toEqual(expect.arrayContaining([...old]))
  age(8)
  bundle()
  expect(chunks().filter(name => old.includes(name))).toEqual([])
  expect(start().stdout).toBe(said('new'))

  // One that is used again begins anew.
  edition('old')
  bundle()
  expect(readdirSync(join(root, 'dist/.retired')).filter(name => old.includes(name))).toEqual([])
  expect(start().stdout).toBe(said('old'))
})
