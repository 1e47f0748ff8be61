import os from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { configPath } from '../../core/config.ts'

const unknown = vi.hoisted(() => ({ isUnknown: false }))
vi.mock('node:os', async original => {
  const real = await original<typeof os>()
  const homedir = (): string => {
    if (unknown.isUnknown) throw new Error('uv_os_homedir returned ENOENT')
    return real.homedir()
  }
  return { ...real, homedir, default: real }
})
afterEach(() => {
  unknown.isUnknown = false
})

const at = (env: Record<string, string>): string => configPath(env, 'trust')

test("a person's settings lie where XDG says, which takes a relative folder for none", () => {
  expect(at({ XDG_CONFIG_HOME: '/config', HOME: '/home/a' })).toBe('/config/coolports/trust')
  for (const base of ['', 'config', './config'])
    expect(at({ XDG_CONFIG_HOME: base, HOME: '/home/a' })).toBe('/home/a/.config/coolports/trust')
  for (const env of [{}, { HOME: '' }]) expect(at(env)).toBe(join(os.homedir(), '.config/coolports/trust'))
})

test('the settings of somebody whom the machine does not know, and who has no $HOME, lie below /', () => {
  unknown.isUnknown = true
  expect(at({})).toBe('/.config/coolports/trust')
  expect(at({ HOME: '/home/a' })).toBe('/home/a/.config/coolports/trust')
})
