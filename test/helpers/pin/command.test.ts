import { describe, expect, test } from 'vitest'
import { parseCommand } from '../../../helpers/pin/command.ts'

describe('parseCommand()', () => {
  test('reads fetch files, and a folder for blocks', () => {
    expect(parseCommand(['--blocks', 'web', 'a', 'b'])).toEqual({
      ok: true,
      value: { kind: 'pin', paths: ['a', 'b'], blocks: 'web' },
    })
    expect(parseCommand(['--help'])).toEqual({ ok: true, value: { kind: 'help' } })
  })

  test.each([
    [[], 'no fetch file is named'],
    [['--nonsense', 'a'], 'there is no option --nonsense'],
    [['--blocks=', 'a'], '--blocks needs a folder'],
  ])('refuses %j', (args, error) => {
    expect(parseCommand(args)).toEqual({ ok: false, error })
  })
})
