import { definePackage, secondTier } from 'coolports'
import tree from '../musl/package.ts'

export default definePackage(secondTier(tree, 'cross-toolchain-by-clang'))
