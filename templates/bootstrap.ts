import { type Manifest, type Script, type Source, sh, skip } from '../generator/manifest.ts'

/** What the first two tiers see of the host: its compiler and tools, and nothing of anybody's data. */
export const HOST_TOOLS = ['/usr', '/bin', '/lib', '/lib64', '/etc/alternatives'] as const

/** The sources of another package, those that are unpacked at its top in this folder instead. */
export const sourcesOf = (
  { source, sources = source ? [source] : [] }: Manifest,
  into?: string,
): readonly Source[] =>
  sources.map(source =>
    into === undefined || source.unpack === false || source.into !== undefined ? source : { ...source, into },
  )

/** Where the first tier, the cross toolchain, is installed. */
export const CROSS = '/cross'

/**
 * A package of the tree as the second tier of the seed: the same recipe, compiled by a cross
 * toolchain, with the host's other tools beside it. What comes out is the same, or the recipe is wrong.
 */
export function secondTier(manifest: Manifest, by = 'cross-toolchain'): Manifest {
  const { runDeps, testDeps, ...rest } = manifest
  return {
    ...rest,
    description: `${manifest.description} (second tier of the seed)`,
    // A name of the tree, which this file is not compiled with.
    buildDeps: [by] as unknown as NonNullable<Manifest['buildDeps']>,
    hostPaths: HOST_TOOLS,
    env: { ...manifest.env, PATH: `${CROSS}/bin:/bin:/usr/bin` },
    check: skip('it is checked where the tree builds it with the seed'),
    test: skip('the next tier of the seed is its test'),
  }
}

/** Merges what stands in the build's root into a seed. What configure scripts would find and then want stays out. */
export const mergeSeed = (): Script => sh`
    tar -C / -cf - --anchored \
      --exclude=include/gnumake.h --exclude=include/lzma --exclude=include/lzma.h \
      --exclude=lib/liblzma.a --exclude=lib/pkgconfig \
      bin include lib libexec x86_64-linux-musl | tar -C "$DESTDIR" -xf -
  `
