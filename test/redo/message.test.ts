import { expect, test } from 'vitest'
import { type Message, MessageReader } from '../../redo/message.ts'

function message(...fields: readonly string[]): Buffer {
  return Buffer.from(fields.map(field => `${field}\0`).join(''))
}

test('a message passes names with spaces, quotes, newlines and nothing in them', () => {
  const args = ['a b', '\'"', 'new\nline', '']
  const [read] = new MessageReader().read(message('ifchange', '3', '7', '/some where', '4', ...args))
  const own = { ownOutput: false, ownEnvironment: false }
  expect(read).toEqual({ verb: 'ifchange', slot: 3, job: 7, cwd: '/some where', args, ...own })
})

test('messages may come cut anywhere, and several at a time', () => {
  const bytes = Buffer.concat([
    message('always', '1', '2', '/', '0'),
    message('redo=+', '4', '5', '/ö', '1', 'größe'),
  ])
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const reader = new MessageReader()
    const read: Message[] = [...reader.read(bytes.subarray(0, cut)), ...reader.read(bytes.subarray(cut))]
    expect(read.map(({ verb, args, ...own }) => [verb, args, own.ownOutput, own.ownEnvironment])).toEqual([
      ['always', [], false, false],
      ['redo', ['größe'], true, true],
    ])
  }
})

test('the bytes of a message that is not whole yet are kept, for those of the next come in their place', () => {
  const [reader, buffer] = [new MessageReader(), Buffer.alloc(64)]
  const bytes = message('always', '1', '2', '/some where', '0')
  const read: Message[] = []
  for (let at = 0; at < bytes.length; at += 7) {
    const count = bytes.copy(buffer, 0, at, at + 7)
    read.push(...reader.read(buffer.subarray(0, count)))
  }
  expect(read).toMatchObject([{ verb: 'always', cwd: '/some where' }])
})
