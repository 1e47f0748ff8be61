import { describe, expect, test } from 'vitest'
import { keyringFilter } from '../../../helpers/sandbox/seccomp.ts'

const ALLOW = 0x7fff0000
const ENOSYS = 0x00050000 + 38

/** What the kernel would answer to a system call: the filter run as linux/filter.h describes it. */
function answer(filter: Buffer, arch: number, number: number): number {
  const data = new Map([
    [0, number],
    [4, arch],
  ])
  let loaded = 0
  for (let at = 0; ; at++) {
    const code = filter.readUInt16LE(at * 8)
    const [ifTrue, ifFalse] = [filter.readUInt8(at * 8 + 2), filter.readUInt8(at * 8 + 3)]
    const operand = filter.readUInt32LE(at * 8 + 4)
    if (code === 0x20) loaded = data.get(operand) ?? 0
    else if (code === 0x54) loaded = (loaded & operand) >>> 0
    else if (code === 0x15) at += loaded === operand ? ifTrue : ifFalse
    else if (code === 0x35) at += loaded >= operand ? ifTrue : ifFalse
    else if (code === 0x06) return operand
    else throw new Error(`an instruction of code ${code}`)
  }
}

// Source of the numbers: the tables of system calls of Linux, by AUDIT_ARCH.
describe.each([
  ['x86-64', 0xc000003e, 248],
  ['x32', 0xc000003e, 0x40000000 + 248],
  ['32-bit x86', 0x40000003, 286],
  ['ARM with 64 bits', 0xc00000b7, 217],
  ['ARM with 32 bits', 0x40000028, 309],
  ['RISC-V', 0xc00000f3, 217],
])('to a program for %s', (_, arch, first) => {
  const filter = keyringFilter()

  test.skipIf(filter === undefined)('the kernel has no keyrings, and all else', () => {
    const answers = [-1, 0, 1, 2, 3].map(more => answer(filter ?? Buffer.alloc(0), arch, first + more))
    expect(answers).toEqual([ALLOW, ENOSYS, ENOSYS, ENOSYS, ALLOW])
  })
})

test.skipIf(keyringFilter() === undefined)('other architectures have other numbers', () => {
  for (const number of [0, 217, 248, 286, 309])
    expect(answer(keyringFilter() ?? Buffer.alloc(0), 0x80000015, number)).toBe(ALLOW)
})
