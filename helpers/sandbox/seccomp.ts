import { existsSync } from 'node:fs'

/**
 * System calls that no build may make: those of the kernel's keyrings, the one thing that a process inherits and no
 * namespace replaces. In the session keyring of whoever builds may lie keys of Kerberos and of encrypted disks. A
 * build finds a kernel without keyrings (ENOSYS), as many are.
 *
 * `add_key`, `request_key` and `keyctl` have numbers in a row on every architecture; here the first of them, by
 * the AUDIT_ARCH of include/uapi/linux/audit.h: of x86-64, of 32-bit programs on it, of ARM with 64 and 32 bits, of RISC-V.
 */
const FIRST_OF_THREE: readonly (readonly [arch: number, first: number])[] = [
  [0xc000003e, 248],
  [0x40000003, 286],
  [0xc00000b7, 217],
  [0x40000028, 309],
  [0xc00000f3, 217],
]

// Classic BPF, see Documentation/userspace-api/seccomp_filter.rst: what is loaded stands in struct seccomp_data.
const LOAD = 0x20
const AND = 0x54
const IF_EQUAL = 0x15
const IF_AT_LEAST = 0x35
const RETURN = 0x06
const NUMBER = 0
const ARCH = 4

const ALLOW = 0x7fff0000
const NO_SUCH_CALL = 0x00050000 + 38

/** Numbers of x32 are those of x86-64 with this bit. */
const X32 = 0x40000000

/**
 * The filter as bwrap's --seccomp takes it: an array of struct sock_filter. Undefined where the kernel has no
 * filters (CONFIG_SECCOMP_FILTER), and bwrap would fail for that.
 */
export function keyringFilter(): Buffer | undefined {
  if (!existsSync('/proc/sys/kernel/seccomp/actions_avail')) return undefined
  const perArch = FIRST_OF_THREE.flatMap(([arch, first]) => [
    instruction(IF_EQUAL, arch, 0, 6),
    instruction(LOAD, NUMBER),
    instruction(AND, ~X32 >>> 0),
    instruction(IF_AT_LEAST, first, 0, 2),
    instruction(IF_AT_LEAST, first + 3, 1, 0),
    instruction(RETURN, NO_SUCH_CALL),
    instruction(RETURN, ALLOW),
  ])
  return Buffer.concat([instruction(LOAD, ARCH), ...perArch, instruction(RETURN, ALLOW)])
}

function instruction(code: number, operand: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(code, 0)
  bytes.writeUInt8(ifTrue, 2)
  bytes.writeUInt8(ifFalse, 3)
  bytes.writeUInt32LE(operand, 4)
  return bytes
}
