import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Graph } from '../../redo/graph.ts'
import { printLog } from '../../redo/log.ts'
import { Logs } from '../../redo/logs.ts'

const scratch = mkdtempSync(join(tmpdir(), 'redo-log-'))

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('the logs of a chain of builds, however long it is, stand where each was asked for', async () => {
  const last = 10_000
  for (let at = 0; at <= last; at += 1) {
    writeFileSync(join(scratch, `${at}.log`), 'before\nafter\n')
    // Where in its log the build asked for another one.
    if (at < last) writeFileSync(join(scratch, `${at}.in`), `7 "${at + 1}"\n`)
  }
  const printed: string[] = []
  const shown = {
    folder: scratch,
    graph: new Graph(),
    logs: new Logs(scratch),
    recursive: true,
    unchanged: false,
    follow: false,
    out: (text: string | Buffer) => printed.push(`${text}`),
  }
  const found = await printLog(shown, '0')
  const down = Array.from({ length: last }, (_, at) => `redo  ${at}\nbefore\n`).join('')
  expect(found).toBe(true)
  const up = Array.from({ length: last }, (_, at) => `redo  ${last - 1 - at} (resumed)\nafter\n`).join('')
  expect(printed.join('')).toBe(`${down}redo  ${last}\nbefore\nafter\n${up}`)
})
