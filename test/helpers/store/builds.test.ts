import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { gc } from '../../../helpers/store/gc.ts'
import { verifyStore } from '../../../helpers/store/verify.ts'
import { Workshop } from '../build/workshop.ts'

let shop: Workshop

beforeEach(async () => {
  shop = await Workshop.open()
})

afterEach(() => shop.close())

test('builds go well while everything that is not in use is freed again and again', async () => {
  const names = Array.from({ length: 6 }, (_, index) => `one${index}`)
  await shop.pack('more', folder => readdirSync(folder))
  for (const name of names) shop.closure(name, 'base', 'more')
  let running = names.length
  const builds = names.map(async name => {
    for (let round = 0; round < 3; round++) {
      const child = shop.start(name, `ls /bin >/dev/null; echo ${name} >"$DESTDIR/file"`)
      let said = ''
      child.stderr.setEncoding('utf8').on('data', text => {
        said += text
      })
      const status = await new Promise(resolve => child.once('close', resolve))
      expect(status, said).toBe(0)
    }
    running--
  })
  let freed = 0
  while (running > 0) {
    freed += (await gc(shop.store, 0)).free.length
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  await Promise.all(builds)
  expect(freed).toBeGreaterThan(0)
  await gc(shop.store, 0)
  expect(readdirSync(join(shop.store, 'trees'))).toEqual([])
})

test('a tree stays while a build has it mounted', async () => {
  shop.closure('long', 'base')
  const child = shop.start(
    'long',
    'mkfifo /tmp/go; echo ready >/tmp/ready; read -r word </tmp/go; ls /bin/sh; echo x >"$DESTDIR/x"',
  )
  await expect.poll(() => existsSync(join(shop.work('long'), 'tmp/ready')), { timeout: 20_000 }).toBe(true)
  const plan = await gc(shop.store, 0)
  expect(plan.stay.map(([{ kind }, { why }]) => `${kind} ${why}`)).toContain('trees in use')
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(shop.work('long'), 'tmp/go'), 'on\n')
  expect(await new Promise(resolve => child.once('close', resolve))).toBe(0)
  expect((await gc(shop.store, 0)).stay).toEqual([])
})

test('all that a build leaves in the store is what its name says, to the times of its symlinks', async () => {
  shop.closure('one', 'base')
  const { status, stderr } = shop.build('one', 'echo one >"$DESTDIR/file"')
  expect(status, stderr).toBe(0)
  const faults: string[] = []
  for await (const one of verifyStore(shop.store))
    if ('why' in one) faults.push(`${one.entry.kind}: ${one.why}`)
  expect(faults).toEqual([])
})
