import { existsSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { Console, Transcript } from '../../redo/console.ts'

// No test here waits: what is printed meanwhile is printed by the calls themselves.

const scratch = mkdtempSync(join(tmpdir(), 'redo-console-'))
let console: Console
let printed = ''
let count = 0

beforeEach(() => {
  printed = ''
  console = new Console(bytes => {
    printed += Buffer.from(bytes).toString()
  })
})

afterEach(() => console.close())
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('what was asked for stands as a whole, in the order of the wishes, whoever ends first', () => {
  const [one, two] = [begin('one'), begin('two')]
  say(two, 'of two\n')
  console.end(two)
  console.print()
  expect(printed).toBe('redo  one\n')
  say(one, 'of one\n')
  console.end(one)
  console.print()
  expect(printed).toBe('redo  one\nof one\nredo  two\nof two\n')
})

test('what is longer than can be read at once is all there, around the builds within it', () => {
  const [before, after] = [`${'b'.repeat(150_000)}\n`, `${'a'.repeat(150_000)}\n`]
  const outer = begin('outer')
  say(outer, before)
  const inner = begin('inner', outer)
  say(outer, after)
  say(inner, 'within\n')
  console.end(inner)
  console.end(outer)
  console.close()
  expect(printed).toBe(`redo  outer\n${before}redo    inner\nwithin\nredo  outer (resumed)\n${after}`)
})

test('what a target says after another one has its heading again, once, but not a line of our own', () => {
  const outer = begin('outer')
  const middle = begin('middle', outer)
  console.end(begin('inner', middle))
  say(middle, 'of middle\n')
  console.print()
  say(middle, 'and more\n')
  console.end(middle)
  outer.line('redo: cannot build "outer"')
  console.end(outer)
  console.close()
  const headings = 'redo  outer\nredo    middle\nredo      inner\nredo    middle (resumed)\n'
  expect(printed).toBe(`${headings}of middle\nand more\nredo: cannot build "outer"\n`)
})

test('a title stands on a line of its own, whatever was said before, and controls no terminal', () => {
  const outer = begin('outer')
  say(outer, 'no end')
  console.end(begin('\u001b[2J', outer))
  console.end(outer)
  console.close()
  expect(printed).toBe('redo  outer\nno end\nredo    \\u001b[2J\n')
})

test('a line of our own in a log stands by itself, and is the first where nothing was said', () => {
  const [silent, talking] = [begin('silent'), begin('talking')]
  say(talking, 'no end')
  for (const one of [silent, talking]) {
    one.line('ours')
    one.line('more')
    console.end(one)
  }
  console.close()
  expect(printed).toBe('redo  silent\nours\nmore\nredo  talking\nno end\nours\nmore\n')
})

test('many short builds are printed before there are too many, and with what belongs to none', () => {
  for (let at = 0; at < 99; at += 1) console.end(begin(`build-${at}`))
  expect(printed.split('\n').slice(0, 2)).toEqual(['redo  build-0', 'redo  build-1'])
  console.line('of none')
  expect(printed.split('\n').slice(-3)).toEqual(['redo  build-98', 'of none', ''])
})

test.skipIf(!existsSync('/proc/self/fd'))(
  'a log is closed when it was printed, an empty one when it ends',
  () => {
    const [front, outer] = [begin('front'), begin('outer')]
    const [empty, inner] = [begin('empty', outer), begin('inner', outer)]
    say(inner, 'said\n')
    expect(open()).toHaveLength(5)
    for (const one of [empty, inner, outer]) console.end(one)
    // Theirs is the turn after the first; the places of the inner ones are all known.
    expect(open()).toEqual(['front.log', 'inner.log'])
    console.end(front)
    console.print()
    expect(printed).toContain('said\n')
    expect(open()).toEqual([])
  },
)

function begin(title: string, within?: Transcript): Transcript {
  count += 1
  const folder = mkdtempSync(join(scratch, `${count}-`))
  const name = title.startsWith('\u001b') ? 'control' : title
  const file = openSync(join(folder, `${name}.log`), 'ax+')
  const transcript = new Transcript(title, { file, innerPath: join(folder, `${name}.in`) })
  console.begin(transcript, within)
  return transcript
}

function say(transcript: Transcript, text: string): void {
  writeSync(transcript.file, text)
}

/** The files of this test that the process has open. */
function open(): readonly string[] {
  return readdirSync('/proc/self/fd')
    .flatMap(fd => {
      try {
        const path = readlinkSync(`/proc/self/fd/${fd}`)
        return path.startsWith(scratch) ? [path.slice(path.lastIndexOf('/') + 1)] : []
      } catch {
        return [] // the one that this folder was read by
      }
    })
    .sort()
}
