import { expect, test } from 'vitest'
import { flagsOf, parseOptions } from '../../redo/options.ts'

test.each([[['-j', '4', 'x']], [['-j4', 'x']], [['--jobs=4', 'x']], [['--jobs', '4', 'x']]])(
  '%j asks for four jobs',
  words => {
    expect(parseOptions(words)).toMatchObject({ kind: 'options', options: { jobs: 4, targets: ['x'] } })
  },
)

test('letters can stand together, and what follows -- is a target', () => {
  const parsed = parseOptions(['-kx', '--', '-v'])
  expect(parsed).toMatchObject({ options: { keepGoing: true, trace: true, verbose: false, targets: ['-v'] } })
})

test('-j may be the last of several letters, with its number or before it, and -h any of them', () => {
  for (const words of [
    ['-kj3', 'x'],
    ['-kj', '3', 'x'],
  ])
    expect(parseOptions(words)).toMatchObject({ options: { keepGoing: true, jobs: 3, targets: ['x'] } })
  expect(parseOptions(['-jk3'])).toEqual({ kind: 'misuse', why: '-j wants a number of jobs, not "k3"' })
  expect(parseOptions(['-kh', '--nope'])).toEqual({ kind: 'help' })
  expect(parseOptions(['-kq'])).toEqual({ kind: 'misuse', why: 'there is no option -q' })
  expect(parseOptions(['-kx-'])).toEqual({ kind: 'misuse', why: 'there is no option -x-' })
})

test('a dash alone is a target, and the end of the options', () => {
  expect(parseOptions(['-k', '-', '-v'])).toMatchObject({ options: { verbose: false, targets: ['-', '-v'] } })
})

test('the live view can be forced, forbidden, or left to us', () => {
  const progress = (...words: string[]) => parseOptions(words)
  expect(progress('--progress')).toMatchObject({ options: { progress: true } })
  expect(progress('--progress=yes')).toMatchObject({ options: { progress: true } })
  expect(progress('--no-progress')).toMatchObject({ options: { progress: false } })
  expect(progress('--progress=no')).toMatchObject({ options: { progress: false } })
  expect(progress('--progress', '--progress=auto')).toMatchObject({ options: { progress: undefined } })
  expect(progress('--progress=loud')).toMatchObject({ kind: 'misuse' })
})

test("what apenwarr's redo calls otherwise, or has to be told, is understood", () => {
  expect(parseOptions(['--no-status', '--no-color', 'x'])).toMatchObject({
    options: { progress: false, targets: ['x'] },
  })
})

test('-d counts, and stands together with other letters', () => {
  expect(parseOptions(['-d'])).toMatchObject({ options: { debug: 1, debugLocks: false } })
  expect(parseOptions(['--debug', '-d'])).toMatchObject({ options: { debug: 2 } })
  expect(parseOptions(['-kdd', '--debug-locks'])).toMatchObject({
    options: { debug: 2, debugLocks: true, keepGoing: true },
  })
})

test('an unknown option and a -j without a number are refused', () => {
  expect(parseOptions(['--nope'])).toEqual({ kind: 'misuse', why: 'there is no option --nope' })
  expect(parseOptions(['-jx'])).toMatchObject({ kind: 'misuse' })
  expect(parseOptions(['-j0'])).toMatchObject({ kind: 'misuse' })
  expect(parseOptions(['-j'])).toEqual({ kind: 'misuse', why: '-j wants a number of jobs, not ""' })
  // A fifo holds no more tokens.
  expect(parseOptions(['-j9999'])).toMatchObject({ options: { jobs: 9999 } })
  expect(parseOptions(['-j10000'])).toMatchObject({ kind: 'misuse' })
})

test.each([
  ['-h', 'help'],
  ['--help', 'help'],
  ['--version', 'version'],
])('%s is an answer, whatever comes before it', (word, kind) => {
  expect(parseOptions(['-k', word, '--nope'])).toEqual({ kind })
})

test('a guest passes on what is its own: all but what the host alone can do', () => {
  const said = (...words: readonly string[]) => {
    const parsed = parseOptions(words)
    return parsed.kind === 'options' ? flagsOf(parsed.options) : []
  }
  const own = ['-j3', '--keep-going', '--shuffle', '--explain', '--verbose', '--xtrace']
  expect(said(...own, '-n', '-d', '--debug-locks', '--progress', 'x')).toEqual(own)
  expect(said('x')).toEqual([])
  for (const flag of own) expect(said(flag, 'x')).toEqual([flag])
})
