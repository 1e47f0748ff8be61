import { definePackage, secondTier } from 'coolports'
import tree from '../linux-headers/package.ts'

export default definePackage(secondTier(tree, 'cross-toolchain-by-clang'))
