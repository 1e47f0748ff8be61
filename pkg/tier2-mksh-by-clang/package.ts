import { definePackage, secondTier } from 'coolports'
import tree from '../mksh/package.ts'

export default definePackage(secondTier(tree, 'cross-toolchain-by-clang'))
