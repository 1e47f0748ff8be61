import { definePackage } from 'coolports'
import cross from '../cross-toolchain/package.ts'

export default definePackage({
  ...cross,
  description:
    "The host's clang turned into a cross toolchain below /cross: the first tier of the seed once more",
  env: {
    // Some of gcc's generated files nest deeper than clang allows by itself.
    CC: 'clang-14 -fbracket-depth=1024',
    CXX: 'clang++-14 -fbracket-depth=1024',
    // The kernel's makefile takes its own tools from clang then.
    LLVM: '-14',
  },
})
