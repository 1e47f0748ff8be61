import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BuildOutput } from '../../../helpers/sandbox/output.ts'
import { folder } from '../tar/folder.ts'

/** Prints as a build does. */
function print(output: BuildOutput, text: string): void {
  const fd = openSync(output.path, 'w')
  writeSync(fd, text)
  closeSync(fd)
}

test('what a build prints at its very end is in its log, and in no other', async () => {
  const [root, output] = [folder(), BuildOutput.open(folder())]
  for (const name of ['one', 'two']) {
    output.begin(join(root, name), false)
    print(output, `${name} begins\n`)
    // In between, some of it is read as it comes.
    await setImmediate()
    print(output, `${name} ${'x'.repeat(50_000)} ends\n`)
    output.end()
  }
  for (const name of ['one', 'two'])
    expect(readFileSync(join(root, name), 'utf8')).toBe(
      `${name} begins\n${name} ${'x'.repeat(50_000)} ends\n`,
    )
})
