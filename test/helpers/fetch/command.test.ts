import { describe, expect, test } from 'vitest'
import { parseCommand } from '../../../helpers/fetch/command.ts'
import { LIMITS } from '../../../helpers/http/limits.ts'

describe('parseCommand()', () => {
  test('reads fetch files, and what is usual', () => {
    expect(parseCommand(['a', '--', '-b'], { COOLPORTS_FETCH_IDLE_TIMEOUT: '' })).toEqual({
      ok: true,
      value: {
        kind: 'fetch',
        paths: ['a', '-b'],
        jobs: 4,
        verify: false,
        where: false,
        json: false,
        limits: LIMITS,
      },
    })
  })

  test('reads options, which count for more than the environment', () => {
    const words = [
      '-j2',
      '--attempts=1',
      '--backoff',
      '0',
      '--idle-timeout',
      '0.5',
      '--verify',
      'a',
      '--json',
    ]
    const env = { COOLPORTS_FETCH_CONNECT_TIMEOUT: '3', COOLPORTS_FETCH_IDLE_TIMEOUT: '7' }
    expect(parseCommand(words, env)).toMatchObject({
      value: {
        jobs: 2,
        verify: true,
        json: true,
        limits: { ...LIMITS, attempts: 1, backoffMs: 0, connectMs: 3000, idleMs: 500 },
      },
    })
  })

  test.each([
    [[], 'no fetch file is named'],
    [['--nonsense', 'a'], 'there is no option --nonsense'],
    [['-j', '0', 'a'], '-j needs a whole number above 0'],
    [['-j', '1.5', 'a'], '-j needs a whole number above 0'],
    [['--attempts', 'x', 'a'], '--attempts needs a whole number above 0'],
    [['--backoff=', 'a'], '--backoff needs a number of seconds'],
    [
      ['--idle-timeout', '0', 'a'],
      '--idle-timeout, or $COOLPORTS_FETCH_IDLE_TIMEOUT, needs a number of seconds above 0',
    ],
  ])('refuses %j', (args, error) => {
    expect(parseCommand(args, {})).toEqual({ ok: false, error })
  })

  test('names the variable that holds no number, and helps all the same', () => {
    const env = { COOLPORTS_FETCH_CONNECT_TIMEOUT: 'soon' }
    expect(parseCommand(['a'], env)).toMatchObject({
      error: expect.stringContaining('$COOLPORTS_FETCH_CONNECT_TIMEOUT,'),
    })
    expect(parseCommand(['-h'], env)).toEqual({ ok: true, value: { kind: 'help' } })
  })
})
