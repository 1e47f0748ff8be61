import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { legible } from '../../core/legible.ts'
import { fit } from '../../redo/fit.ts'
import type { Forecast } from '../../redo/forecast.ts'
import { Terminal as Lines } from '../../redo/terminal.ts'
import { duration, isViewUsual, type Running, View, viewOf } from '../../redo/view.ts'
import { Screen } from './screen.ts'

// The live view, on a pseudo terminal of script(1). Scripts wait for a file, not for a time; so the
// view is seen in a state that is known.

const root = resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'redo-view-'))

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('the view shows what runs below whole lines of output, and folds away', async () => {
  const tree = treeOf({
    'all.do': 'redo-ifchange a b c d\n',
    'a.do':
      'echo from a >&2; printf unfinished >&2; while [ ! -e go ]; do sleep 0.05; done; echo " line" >&2\n',
    'b.do': 'while [ ! -e go ]; do sleep 0.05; done; echo from b >&2\n',
    'c.do': 'printf "no end" >&2\n',
    'd.do': 'echo from d >&2\n',
  })
  const terminal = open(tree, '-j2 all', 60, 12)
  await terminal.until(text => text.includes('2 running'))
  expect(terminal.text.split('\n').slice(0, 3)).toEqual(['redo  all', 'redo    a', 'from a'])
  expect(terminal.text).toMatch(/^0 of 5 done, 2 running\n +\d+ s {2}a\n +\d+ s {2}b$/m)
  expect(terminal.text).not.toContain('unfinished')
  writeFileSync(join(tree, 'go'), '')
  expect(await terminal.status).toBe(0)
  expect(terminal.text.trimEnd().split('\n')).toEqual([
    'redo  all',
    'redo    a',
    'from a',
    'unfinished line',
    'redo    b',
    'from b',
    'redo    c',
    'no end',
    'redo    d',
    'from d',
  ])
  expect(terminal.screen.unknown).toEqual([])
})

test('the line that tells of a failure is whole, and the last thing to be seen', async () => {
  const tree = treeOf({
    'all.do': 'redo-ifchange a b\n',
    'a.do': 'while [ ! -e go ]; do sleep 0.05; done; printf "half a line" >&2; exit 7\n',
    'b.do': 'while [ ! -e go ]; do sleep 0.05; done\n',
  })
  const terminal = open(tree, '-j2 all', 100, 12)
  await terminal.until(text => text.includes('2 running'))
  writeFileSync(join(tree, 'go'), '')
  expect(await terminal.status).toBe(1)
  expect(terminal.text.trimEnd().split('\n')).toEqual([
    'redo  all',
    'redo    a',
    'half a line',
    'redo: cannot build "a": "a.do" ended with exit status 7',
    'redo    b',
    'redo: cannot build "all": "all.do" ended with exit status 1',
  ])
})

test('names that are long, wide or full of control characters cost neither lines nor the cursor', async () => {
  const names = ['字'.repeat(40), `${'a'.repeat(60)}-${'b'.repeat(60)}`, 'x\u001b[2J\u009b2J\u202e']
  const tree = treeOf({ 'default.do': 'while [ ! -e go ]; do sleep 0.05; done\n' })
  const terminal = open(tree, `-j3 ${names.map(name => `'${name}'`).join(' ')}`, 40, 12)
  await terminal.until(text => text.includes('3 running'))
  const lines = terminal.text.split('\n')
  const at = lines.findIndex(line => line.includes('3 running'))
  const view = lines.slice(at)
  expect(view.map(line => line.replace(/^ +\d+ s {2}/, ''))).toEqual([
    '0 of 3 done, 3 running',
    '字字字字字字...字字字字字字',
    'aaaaaaaaaaaa...bbbbbbbbbbbb',
    'x\\u001b[2J\\u009b2J\\u202e',
  ])
  writeFileSync(join(tree, 'go'), '')
  expect(await terminal.status).toBe(0)
  expect(terminal.screen.unknown).toEqual([])
})

test('after an interrupt the terminal holds what was said, and no view', async () => {
  const tree = treeOf({ 'all.do': 'echo begun >&2; sleep 30\n' })
  const terminal = open(tree, 'all', 60, 12)
  await terminal.until(text => text.includes('1 running'))
  terminal.type('\u0003')
  await terminal.status
  expect(terminal.text.replaceAll('^C', '').trimEnd().split('\n')).toEqual(['redo  all', 'begun'])
})

test('--progress draws where there is no terminal, and nothing else does', () => {
  const tree = treeOf({ 'slow.do': 'sleep 1\n' })
  expect(plain(tree, '--progress', 'slow')).toContain('0 of 1 done, 1 running\r\n')
  expect(plain(tree, 'slow')).toBe('')
  rmSync(join(tree, '.redo/state'))
  expect(plain(tree, 'slow')).toBe('redo  slow\n')
})

test('what is said last needs no end of a line to be seen', () => {
  const tree = treeOf({ 'x.do': 'printf "no end" >&2\n' })
  expect(plain(tree, '--progress', 'x')).toMatch(/no end$/)
})

test('in the background of a shell there is no view', async () => {
  const tree = treeOf({ 'all.do': 'sleep 1; echo said >&2\n' })
  const terminal = open(tree, 'all & wait', 60, 12, 'set -m; ')
  expect(await terminal.status).toBe(0)
  expect(terminal.bytes).toContain('said\r\n')
  expect(terminal.bytes).not.toContain('running')
})

test('--no-progress on a terminal gives plain lines', async () => {
  const tree = treeOf({ 'all.do': 'echo said >&2; sleep 1\n' })
  const terminal = open(tree, '--no-progress all', 60, 12)
  expect(await terminal.status).toBe(0)
  expect(terminal.bytes).toBe('redo  all\r\nsaid\r\n')
})

test('the view counts what the records say will be built, and estimates from the last times', async () => {
  const tree = treeOf({
    src: '1\n',
    'all.do': 'redo-ifchange a\n',
    'a.do': 'redo-ifchange b; cat b >$3\n',
    'b.do': 'redo-ifchange c; cat c >$3\n',
    'c.do':
      'redo-ifchange src; cat src >$3; sleep 1; [ ! -e wait ] || while [ ! -e go ]; do sleep 0.05; done\n',
  })
  expect(plain(tree, 'all')).toContain('redo        c\n')
  writeFileSync(join(tree, 'src'), 'another\n')
  writeFileSync(join(tree, 'wait'), '')
  const terminal = open(tree, 'all', 60, 12)
  await terminal.until(text => /^0 of 4 done, 1 running, about [01] s left$/m.test(text))
  writeFileSync(join(tree, 'go'), '')
  expect(await terminal.status).toBe(0)
})

test('a line that is wider than the window takes one row, and nothing above it is lost', () => {
  const screen = new Screen(10, 4)
  const terminal = new Lines(bytes => screen.write(asTerminal(bytes)))
  terminal.write(Buffer.from('one\ntwo\nthr'))
  terminal.show(['x'.repeat(30), 'y'])
  expect(screen.text).toBe('one\ntwo\nxxxxxxxxxx\ny')
  terminal.write(Buffer.from('ee\nfour\n'))
  expect(screen.text).toBe('one\ntwo\nthree\nfour\nxxxxxxxxxx\ny')
  terminal.close()
  expect(screen.text).toBe('one\ntwo\nthree\nfour\n')
})

test('output is wrapped as ever while lines are drawn below it', () => {
  const screen = new Screen(10, 6)
  const terminal = new Lines(bytes => screen.write(asTerminal(bytes)))
  terminal.show(['view'])
  terminal.write(Buffer.from(`${'x'.repeat(15)}\n`))
  expect(screen.text).toBe('xxxxxxxxxx\nxxxxx\nview')
})

test('a line that waits for its end stays as it was, and comes once', () => {
  let written = ''
  const terminal = new Lines(bytes => {
    written += Buffer.from(bytes).toString()
  })
  const bytes = Buffer.from('begun')
  terminal.write(bytes)
  bytes.fill('#')
  terminal.close()
  terminal.close()
  expect(written).toBe('begun')
})

test('a line without an end costs no more than a few others: it is put out, and the view waits for its end', () => {
  const [screen, part] = [new Screen(100_000, 5), 'x'.repeat(20_000)]
  let written = 0
  const terminal = new Lines(bytes => {
    written += bytes.length
    screen.write(asTerminal(bytes))
  })
  terminal.show(['view'])
  for (let parts = 1; parts <= 4; parts += 1) terminal.write(Buffer.from(part))
  expect(screen.text).toBe(part.repeat(4))
  terminal.show(['another'])
  terminal.write(Buffer.from('y'))
  expect(screen.text).toBe(`${part.repeat(4)}y`)
  terminal.write(Buffer.from('\nnext\nbegun'))
  terminal.show(['view'])
  expect(screen.text).toBe(`${part.repeat(4)}y\nnext\nview`)
  // What was put out once was not put out again.
  expect(written).toBeLessThan(81_000)
  terminal.close()
  expect(screen.text).toBe(`${part.repeat(4)}y\nnext\nbegun`)
})

test('lines that are drawn already are not drawn again', () => {
  const drawn = vi.fn()
  const terminal = new Lines(drawn)
  for (const lines of [['one'], ['one'], ['two'], [], []]) terminal.show(lines)
  expect(drawn).toHaveBeenCalledTimes(3)
})

test('the view begins after 0.3 s, counts as jobs what it has seen at once, and ends with the run', () => {
  const listeners = () => [process.listenerCount('SIGTSTP'), process.stderr.listenerCount('resize')]
  const before = listeners()
  const { view, show, outlook, run } = drawing(['a', 'b'])
  vi.advanceTimersByTime(299)
  expect(show).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(show.mock.calls).toEqual([[['1 of 3 done, 2 running', '       5 s  a', '       5 s  b']]])
  const ran = new Map([['b', 5000]])
  run.running = [{ name: 'b', ran: 5000 }]
  vi.advanceTimersByTime(200)
  expect(outlook).toHaveBeenLastCalledWith(ran, 2)
  run.jobs = 7
  process.stderr.emit('resize')
  expect(outlook).toHaveBeenLastCalledWith(ran, 7)
  expect(show).toHaveBeenCalledTimes(3)
  view.close()
  vi.advanceTimersByTime(1000)
  expect(show).toHaveBeenCalledTimes(3)
  expect(listeners()).toEqual(before)
})

test('a run that is over within 0.3 s shows no view', () => {
  const { view, show } = drawing(['a'])
  vi.advanceTimersByTime(299)
  view.close()
  vi.advanceTimersByTime(1000)
  expect(show).not.toHaveBeenCalled()
})

test('who stops a run with Ctrl-Z gets a clean terminal first', () => {
  const { view, show } = drawing(['a'])
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  vi.advanceTimersByTime(300)
  process.emit('SIGTSTP', 'SIGTSTP')
  expect(show).toHaveBeenLastCalledWith([])
  expect(kill.mock.calls).toEqual([[process.pid, 'SIGSTOP']])
  expect(show.mock.invocationCallOrder.at(-1)).toBeLessThan(kill.mock.invocationCallOrder[0] ?? 0)
  view.close()
})

test('a view is usual on a terminal that can move its cursor, and not under a make or another redo', () => {
  expect(isViewUsual(true, { TERM: 'xterm' })).toBe(true)
  expect(isViewUsual(false, { TERM: 'xterm' })).toBe(false)
  expect(isViewUsual(true, { TERM: 'dumb' })).toBe(false)
  expect(isViewUsual(true, { TERM: '' })).toBe(false)
  expect(isViewUsual(true, {})).toBe(false)
  expect(isViewUsual(true, { TERM: 'xterm', MAKELEVEL: '1' })).toBe(false)
  expect(isViewUsual(true, { TERM: 'xterm', REDO: '/usr/bin/redo' })).toBe(false)
})

test('the view takes half of the rows, and counts those that have no room', () => {
  const running = Array.from({ length: 9 }, (_, at) => ({ name: `target-${at}`, ran: 1000 * at }))
  const facts = { done: 1, failed: 2, wanted: 20, left: 61_000, running }
  expect(viewOf(facts, { columns: 80, rows: 8 })).toEqual([
    '1 of 20 done, 2 failed, 9 running, about 1 min 1 s left',
    '       0 s  target-0',
    '       1 s  target-1',
    '            and 7 more',
  ])
  for (let rows = 2; rows <= 30; rows += 1)
    expect(viewOf(facts, { columns: 80, rows })).toHaveLength(Math.min(10, Math.floor(rows / 2)))
  expect(viewOf(facts, { columns: 12, rows: 8 }).every(line => line.length < 12)).toBe(true)
})

test('fit() cuts in the middle, by columns and between whole signs', () => {
  expect(fit('short', 10)).toBe('short')
  expect(fit('0123456789abcdef', 11)).toBe('0123...cdef')
  expect(fit('0123456789', 2)).toBe('..')
  expect(fit('e\u0301'.repeat(5), 5)).toBe('e\u0301'.repeat(5))
  expect(fit('字'.repeat(6), 9)).toBe('字...字字')
})

test('legible() shows what a terminal would obey', () => {
  expect(legible('a\tb\nc')).toBe('a\\tb\\nc')
  expect(legible('\u001b[31m\u007f\u009b\u202e')).toBe('\\u001b[31m\\u007f\\u009b\\u202e')
})

test('durations are coarse', () => {
  expect([400, 600, 59_400, 61_000, 7_260_000].map(duration)).toEqual([
    ...['0 s', '1 s', '59 s', '1 min 1 s', '2 h 1 min'],
  ])
  expect([60_000, 3_600_000].map(duration)).toEqual(['1 min 0 s', '1 h 0 min'])
})

/** A view of these targets, by a clock that we move; what it draws, and what it asks for. */
function drawing(names: readonly string[]) {
  vi.useFakeTimers()
  const show = vi.fn()
  const outlook = vi.fn(() => ({ wanted: 3, left: undefined }))
  const run: { running: readonly Running[]; jobs: number | undefined } = {
    running: names.map(name => ({ name, ran: 5000 })),
    jobs: undefined,
  }
  const forecast = { done: 1, failed: 0, outlook } as unknown as Forecast
  const view = new View({ show } as unknown as Lines, forecast, run)
  return { view, show, outlook, run }
}

function treeOf(files: Readonly<Record<string, string>>): string {
  const tree = mkdtempSync(join(scratch, 'tree-'))
  mkdirSync(join(tree, '.redo'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(tree, name), text)
  return tree
}

/** The line discipline of a terminal makes every newline a return, too. */
function asTerminal(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString().replace(/\r?\n/g, '\r\n')
}

interface Terminal {
  readonly screen: Screen
  readonly text: string
  readonly bytes: string
  readonly status: Promise<number | null>
  until(holds: (text: string) => boolean): Promise<void>
  type(text: string): void
}

/** bin/do on a terminal of this size. */
function open(tree: string, words: string, columns: number, rows: number, how = 'exec '): Terminal {
  const command = `stty cols ${columns} rows ${rows}; ${how}${join(root, 'bin/do')} ${words}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: tree,
    env: { ...environment(), TERM: 'xterm' },
  })
  const screen = new Screen(columns, rows)
  let bytes = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    bytes += text
    screen.write(text)
  })
  return {
    screen,
    get text() {
      return screen.text
    },
    get bytes() {
      return bytes
    },
    status: new Promise(done => child.once('close', code => done(code))),
    async until(holds) {
      for (let waits = 0; !holds(screen.text); waits += 1) {
        if (waits === 400) throw new Error(`it was never seen; the screen is:\n${screen.text}`)
        await new Promise(done => setTimeout(done, 50))
      }
    },
    type: text => child.stdin.write(text),
  }
}

/** What bin/do says where stderr is a pipe. */
function plain(tree: string, ...words: readonly string[]): string {
  return spawnSync(join(root, 'bin/do'), words, { cwd: tree, encoding: 'utf8', env: environment() }).stderr
}

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(REDO|MAKE|MFLAGS)/.test(name)))
}
