import { describe, expect, test } from 'vitest'
import { parseRecfile, value, values } from '../../core/recfile.ts'

describe('parseRecfile()', () => {
  test('reads records as recutils has them: comments, continuations, joined lines, blank lines between', () => {
    const text = [
      '# a comment',
      'name: one',
      '# and one in a record',
      'name: another',
      'note: first',
      '+ second',
      '+third',
      '+',
      '+  fourth',
      ' \t',
      '',
      'long: be\\',
      'gins',
      'empty:',
      'tabbed:\tx  ',
      '',
    ].join('\n')
    expect(parseRecfile(text)).toEqual({
      records: [
        {
          line: 2,
          fields: [
            ['name', 'one', 2],
            ['name', 'another', 4],
            ['note', 'first\nsecond\nthird\n\n fourth', 5],
          ],
        },
        {
          line: 12,
          fields: [
            ['long', 'begins', 12],
            ['empty', '', 14],
            ['tabbed', 'x', 15],
          ],
        },
      ],
      problems: [],
    })
  })

  test('leaves descriptors out, and no record that has other fields as well', () => {
    const { records } = parseRecfile('%rec: x\n%key: y\n\n%note: z\nname: one\n\nname: two\n')
    expect(records.map(record => value(record, 'name'))).toEqual(['one', 'two'])
  })

  test('tells each line that is none, by its number, and reads the rest', () => {
    const { records, problems } = parseRecfile('+ nothing before\nname: one\nname two\n9: x\n\nname: three')
    expect(problems).toEqual([
      { line: 1, text: '+ nothing before' },
      { line: 3, text: 'name two' },
      { line: 4, text: '9: x' },
    ])
    expect(records.map(record => values(record, 'name'))).toEqual([['one'], ['three']])
    expect(parseRecfile('joined \\\nand wrong\nwrong')).toMatchObject({
      problems: [{ line: 1 }, { line: 3 }],
    })
  })

  test('takes a backslash at the very end for text', () => {
    expect(parseRecfile('name: one\\').records[0]?.fields).toEqual([['name', 'one\\', 1]])
  })
})
