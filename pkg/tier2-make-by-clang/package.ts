import { definePackage, secondTier } from 'coolports'
import tree from '../make/package.ts'

export default definePackage(secondTier(tree, 'cross-toolchain-by-clang'))
