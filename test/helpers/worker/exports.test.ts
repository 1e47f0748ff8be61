import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { exportsIn } from '../../../helpers/worker/exports.ts'

const ODD = {
  PATH: '/bin',
  EMPTY: '',
  QUOTES: `'a'b''"c"\\'`,
  LINES: "\none\nexport FALSE='1'\nend\n",
  UNICODE: 'é ☂',
}

test.each([
  ['dash', []],
  ['busybox', ['ash']],
])('what %s exports is read as it is', (program, words) => {
  const script = 'unset PWD OLDPWD SHLVL; export NONE; local=1; { export -p; echo end; }'
  const { stdout } = spawnSync(program, [...words, '-c', script], { env: ODD, encoding: 'utf8' })
  const lines = Object.entries(ODD).map(([name, value]) => `${name}=${value}`)
  expect(exportsIn(stdout)?.toSorted()).toEqual(lines.toSorted())
  // What is cut off anywhere is nothing.
  for (let at = 0; at < stdout.length; at++) expect(exportsIn(stdout.slice(0, at))).toBeUndefined()
})

test.each([
  ['bash', []],
  ['mksh', []],
])('what %s exports is left alone where it is said in other words', (program, words) => {
  const script = 'export -p; echo end'
  const { stdout } = spawnSync(program, [...words, '-c', script], { env: ODD, encoding: 'utf8' })
  expect(exportsIn(stdout)).toBeUndefined()
})

test.each([
  "export A='x'\n",
  "export A='x\nend\n",
  'export A=x\nend\n',
  "export A='x'y\nend\n",
  'end\nend\n',
  'x\nend\n',
])('no environment is in %j', text => {
  expect(exportsIn(text)).toBeUndefined()
})

test('a long environment is read once', () => {
  expect(exportsIn(`${"export A='x'\n".repeat(50_000)}end\n`)).toHaveLength(50_000)
  expect(exportsIn(`export A=${`'x'"'"`.repeat(200_000)}`)).toBeUndefined()
})
