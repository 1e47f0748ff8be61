import { definePackage, secondTier } from 'coolports'
import tree from '../binutils/package.ts'

export default definePackage(secondTier(tree, 'cross-toolchain-by-clang'))
