import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configPath } from '../../core/config.ts'

test("a person's settings lie where XDG says, which takes a relative folder for none", () => {
  const at = (env: Record<string, string>): string => configPath(env, 'trust')
  expect(at({ XDG_CONFIG_HOME: '/config', HOME: '/home/a' })).toBe('/config/coolports/trust')
  for (const base of ['', 'config', './config'])
    expect(at({ XDG_CONFIG_HOME: base, HOME: '/home/a' })).toBe('/home/a/.config/coolports/trust')
  for (const env of [{}, { HOME: '' }]) expect(at(env)).toBe(join(homedir(), '.config/coolports/trust'))
})
