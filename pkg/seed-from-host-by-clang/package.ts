import { definePackage } from 'coolports'
import seed from '../seed-from-tree/package.ts'

export default definePackage({
  ...seed,
  description: "The seed, put together from the packages that clang's cross toolchain makes",
  buildDeps: [
    'tier2-gcc-by-clang',
    'tier2-binutils-by-clang',
    'tier2-musl-by-clang',
    'tier2-linux-headers-by-clang',
    'tier2-make-by-clang',
    'tier2-mksh-by-clang',
    'tier2-xz-by-clang',
    'tier2-gnu-base-by-clang',
  ],
})
