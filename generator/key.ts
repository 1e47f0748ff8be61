import { ARCH, SANDBOX_VERSION, TAR_VERSION } from '../core/conventions.ts'
import { recipeText, scriptLines } from '../core/pkgkey.ts'
import type { Package } from './package.ts'
import { buildScript } from './script.ts'

/**
 * The part of a package's key that its manifest decides. The keys of its dependencies come below it when redo makes
 * the key. Urls, the description, the test and whatever else cannot change a byte have no line.
 */
export const keyText = (pkg: Package): string =>
  recipeText({
    name: pkg.name,
    version: pkg.version,
    release: pkg.release,
    arch: ARCH,
    sandbox: SANDBOX_VERSION,
    tar: TAR_VERSION,
    sources: pkg.sources,
    files: pkg.files,
    hostPaths: pkg.hostPaths,
    setuid: pkg.setuid,
    build: pkg.build.kind,
    script: scriptLines(buildScript(pkg)),
  })
