import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { partOf } from '../../core/part.ts'
import { openPlace, openState, placeState, switchState } from '../../helpers/venv/state.ts'
import { folder } from '../helpers/tar/folder.ts'

vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  return { ...fs, readdirSync: vi.fn(fs.readdirSync) }
})

test('what another bin/venv began may be gone before it is looked at', () => {
  const place = folder()
  const id = '0123456789abcdef'
  expect(openPlace(place).ok).toBe(true)
  placeState(place, openState(place), id)
  vi.mocked(readdirSync).mockReturnValueOnce([partOf('state'), id, 'current'] as never)
  switchState(place, id)
  expect(readdirSync(join(place, '.venv')).sort()).toEqual([id, 'current'])
})
