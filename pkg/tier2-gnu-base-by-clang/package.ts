import { definePackage, secondTier } from 'coolports'
import tree from '../gnu-base/package.ts'

export default definePackage(secondTier(tree, 'cross-toolchain-by-clang'))
