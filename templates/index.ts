/** What a manifest imports as `coolports`. */
export * from '../generator/manifest.ts'
export { type Autotools, autotools } from './autotools.ts'
export * from './bootstrap.ts'
export * from './cmake.ts'
export { type PlainMake, plainMake } from './make.ts'
export * from './meson.ts'
export * from './static.ts'
