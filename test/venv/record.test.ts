import { describe, expect, test } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import type { PackageName } from '../../core/name.ts'
import { readRecord, recordText, type VenvRecord } from '../../helpers/venv/record.ts'

const odd = '/a b\n"c" \\ ü'
const record: VenvRecord = {
  request: {
    packages: ['make', 'zlib'] as readonly string[] as readonly PackageName[],
    order: true,
    prefer: ['zlib'],
    alternatives: [{ path: 'share/a=b\nc', package: 'zlib' }],
    stack: odd,
    given: ['--env', 'A', '--bind', odd],
  },
  layers: [
    { kind: 'chosen', path: '/venv/.venv/state/chosen/0', level: 0 },
    {
      kind: 'package',
      name: 'zlib',
      version: '1.3-1',
      pkghash: sha256('key'),
      tar: sha256('tar'),
      path: `/store${odd}/trees/${sha256('tar')}`,
      level: 0,
    },
    { kind: 'chosen', path: '/venv/.venv/state/chosen/1', level: 1 },
  ],
  below: odd,
}
const text = recordText(record)
const read = (said: string) => readRecord(said, '/venv/.venv/state')

describe('the record of a venv', () => {
  test('says all that the venv is', () => {
    expect(read(text)).toEqual(record)
    const { packages } = record.request
    const request = { packages, order: false, prefer: [], alternatives: [], given: [] }
    expect(read(recordText({ request, layers: [] }))).toEqual({ request, layers: [] })
  })

  test.each<[string, RegExp, string]>([
    ['of another kind', /^venv: 1$/m, 'venv: 2'],
    ['that is none', /^venv: 1$/m, 'name: x'],
    ['with a line that is no field', /^order: yes$/m, 'order yes'],
    ['of a package that none can be called', /^asked: make$/m, 'asked: ../make'],
    ['with a layer that none can be called', /^package: zlib$/m, 'package: ../zlib'],
    ['with a pkghash that is none', /^pkghash: .*$/m, 'pkghash: ../x'],
    ['with a digest that is none', /^tar: .*$/m, 'tar: ../x'],
    ['with a tree at a relative path', /^tree: .*$/m, 'tree: "trees/x"'],
    ['with a tree that is not quoted', /^tree: .*$/m, 'tree: /trees/x'],
    ['without a tree', /^tree: .*\n/m, ''],
    ['with a level that is none', /^level: 1$/m, 'level: -1'],
    ['with half a level', /^level: 1$/m, 'level: 0.5'],
    ['with a copy that is elsewhere', /^chosen: 1$/m, 'chosen: ../../x'],
    ['with an alternative that is not JSON', /^alternative: .*$/m, 'alternative: x'],
  ])('%s is damaged', (_, from, to) => {
    expect(text.replace(from, to)).not.toBe(text)
    expect(read(text.replace(from, to))).toBeUndefined()
  })
})
