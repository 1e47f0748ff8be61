/** The fields of a header, which may say anything. */
export interface Fields {
  readonly name: string
  readonly type?: string
  /** As it is to stand in the size field; a number in octal, or in GNU's form from 8 GiB. */
  readonly size?: number | Buffer
  readonly target?: string
}

/** A ustar header, byte by byte, with a right checksum. */
export function header({ name, type = '0', size = 0, target = '' }: Fields): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0, 100)
  block.write('0000644\x000000000\x000000000\0', 100, 'latin1')
  sizeField(size).copy(block, 124)
  block.write('00000000000\0', 136, 'latin1')
  block.write(type, 156, 'latin1')
  block.write(target, 157, 100)
  block.write('ustar\x0000', 257, 'latin1')
  return summed(block)
}

/** Sums a header up again after it was bent. */
function summed(block: Buffer): Buffer {
  block.write('        ', 148, 'latin1')
  const sum = block.subarray(0, 512).reduce((all, byte) => all + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** A header and its body, padded. */
export function entry(fields: Fields, body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body)
  const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512)
  return Buffer.concat([header({ size: bytes.length, ...fields }), bytes, padding])
}

/** A pax header of these records. */
export const pax = (name: string, ...records: readonly (readonly [string, string])[]): Buffer =>
  entry({ name, type: 'x' }, records.map(([key, value]) => paxRecord(key, value)).join(''))

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest)
  while (`${length}`.length + Buffer.byteLength(rest) !== length) length += 1
  return `${length}${rest}`
}

export const END = Buffer.alloc(1024)

function sizeField(size: number | Buffer): Buffer {
  if (typeof size !== 'number') return size
  if (size < 8 ** 11) return Buffer.from(`${size.toString(8).padStart(11, '0')}\0`)
  return Buffer.from(`80${size.toString(16).padStart(22, '0')}`, 'hex')
}
