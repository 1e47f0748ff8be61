import { dirname } from 'node:path'
import { ARCH } from '../core/conventions.ts'
import { postInstallPath } from '../core/post-install.ts'
import { hereDocument, shellWord } from '../core/shell.ts'
import type { Package } from './package.ts'

/**
 * The whole text that runs in the sandbox, phase by phase: unpack, patch, build, check, strip, post-install. Each
 * phase is a subshell that begins in the build folder. The key holds the same text.
 */
export function buildScript(pkg: Package): string {
  if (pkg.build.kind === 'import') return ''
  return [
    ...pkg.env.map(([name, value]) => `export ${name}=${shellWord(value)}\n`),
    phase('unpack', unpack(pkg)),
    phase(
      'patch',
      pkg.patches.map(patch => `patch -p1 <${shellWord(`/files/${patch}`)}`),
    ),
    phase('build', [pkg.build.text]),
    pkg.check.kind === 'script'
      ? phase('check', ['unset DESTDIR', pkg.check.text])
      : `# check: skipped, ${pkg.check.why}\n`,
    phase('strip', strip(pkg.strip)),
    phase('post-install', postInstall(pkg)),
  ].join('')
}

function phase(name: string, lines: readonly string[]): string {
  const text = lines.filter(line => line !== '').join('\n')
  return text === '' ? '' : `# ${name}\n(\n${text}\n)\n`
}

/** The script is a file of the package, so that whoever has the package has it, and its digest. */
function postInstall({ name, postInstall: text }: Package): readonly string[] {
  if (text === undefined) return []
  const path = postInstallPath(name)
  return [
    `mkdir -p "$DESTDIR/${dirname(path)}"`,
    `cat >"$DESTDIR/${path}" ${hereDocument(text, 'END_OF_POST_INSTALL')}`.trimEnd(),
  ]
}

function unpack(pkg: Package): readonly string[] {
  return pkg.sources
    .filter(source => source.unpack)
    .map(({ file, into }) => {
      const to = into === '.' ? '' : ` -C ${shellWord(into)}`
      const made = into === '.' ? '' : `mkdir -p ${shellWord(into)}\n`
      return `${made}tar -xf ${shellWord(`/sources/${file}`)} --strip-components=1 --no-same-owner${to}`
    })
}

/**
 * ELF files are told by their first four bytes; what they are, by their names and permissions. Where
 * the host's tools are beside the tree's (the first tiers of a bootstrap), the tree's strip is meant.
 */
function strip(how: Package['strip']): readonly string[] {
  if (how === 'none') return []
  const executable = how === 'all' ? '--strip-all' : '--strip-debug'
  const shared = how === 'all' ? '--strip-unneeded' : '--strip-debug'
  return [
    `find "$DESTDIR" -type f \\( -perm -100 -o -name '*.[ao]' -o -name '*.so*' \\) -exec sh -euc '`,
    `  strip=$(command -v ${ARCH}-linux-musl-strip || command -v strip)`,
    '  elf=$(printf "\\177ELF")',
    '  for file do',
    '    case $(head -c 4 "$file") in "$elf" | "!<ar") ;; *) continue ;; esac',
    '    case $file in',
    '      *.[ao]) "$strip" --strip-debug "$file" ;;',
    `      *.so | *.so.*) "$strip" ${shared} "$file" ;;`,
    `      *) "$strip" ${executable} "$file" ;;`,
    '    esac',
    '  done',
    "' sh {} +",
  ]
}
