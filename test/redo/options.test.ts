import { expect, test } from 'vitest'
import { parseOptions } from '../../redo/options.ts'

test.each([[['-j', '4', 'x']], [['-j4', 'x']], [['--jobs=4', 'x']]])('%j asks for four jobs', words => {
  expect(parseOptions(words)).toMatchObject({ kind: 'options', options: { jobs: 4, targets: ['x'] } })
})

test('letters can stand together, and what follows -- is a target', () => {
  const parsed = parseOptions(['-kx', '--', '-v'])
  expect(parsed).toMatchObject({ options: { keepGoing: true, trace: true, verbose: false, targets: ['-v'] } })
})

test('an unknown option and a -j without a number are refused', () => {
  expect(parseOptions(['--nope'])).toEqual({ kind: 'misuse', why: 'there is no option --nope' })
  expect(parseOptions(['-jx'])).toMatchObject({ kind: 'misuse' })
  expect(parseOptions(['-j0'])).toMatchObject({ kind: 'misuse' })
})
