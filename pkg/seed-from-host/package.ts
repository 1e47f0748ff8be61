import { definePackage } from 'coolports'
import seed from '../seed-from-tree/package.ts'

export default definePackage({
  ...seed,
  description: 'The seed, put together from the packages that the cross toolchain makes',
  buildDeps: [
    'tier2-gcc',
    'tier2-binutils',
    'tier2-musl',
    'tier2-linux-headers',
    'tier2-make',
    'tier2-mksh',
    'tier2-xz',
    'tier2-gnu-base',
  ],
})
