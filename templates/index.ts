/** What a manifest imports as `coolports`. */
export * from '../generator/manifest.ts'
export * from './autotools.ts'
export * from './bootstrap.ts'
export * from './cmake.ts'
export * from './make.ts'
export * from './meson.ts'
export * from './static.ts'
