import { ARCH, SANDBOX_VERSION, TAR_VERSION } from '../core/conventions.ts'
import { scriptLines } from '../core/key-script.ts'
import { setuidLine } from '../core/setuid.ts'
import type { Package } from './package.ts'
import { buildScript } from './script.ts'

/**
 * The part of a package's key that its manifest decides, a line for each thing that the package's
 * bytes depend on. The keys of its dependencies come below it when redo makes the key. Urls, the
 * description, the test and whatever else cannot change a byte have no line.
 */
export function keyText(pkg: Package): string {
  const how = pkg.build.kind === 'import' ? 'import' : 'script'
  return [
    'coolports-pkgkey 1',
    `name ${pkg.name}`,
    `version ${pkg.version}`,
    `release ${pkg.release}`,
    `arch ${ARCH}`,
    `sandbox ${SANDBOX_VERSION}`,
    `tar ${TAR_VERSION}`,
    ...pkg.sources.map(source => `source ${source.sha256} ${source.file}`),
    ...pkg.files.map(file => `file ${file.mode} ${file.sha256} ${file.path}`),
    ...pkg.hostPaths.map(path => `host-path ${path}`),
    ...pkg.setuid.map(setuidLine),
    `build ${how}`,
    ...scriptLines(buildScript(pkg)),
    '',
  ].join('\n')
}
