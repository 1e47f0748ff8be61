import type { KeyedFile, PkgKey } from '../../core/pkgkey.ts'

/** The files of the tree that the build of a key applied to its sources. */
export function patchesIn({ files, script }: PkgKey): readonly KeyedFile[] {
  const applied = new Set(
    script.map(line => /^patch -p1 <'?\/files\/(.*?)'?$/s.exec(line)?.[1]?.replaceAll("'\\''", "'")),
  )
  return files.filter(({ path }) => applied.has(path))
}
