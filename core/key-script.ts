/**
 * The lines of a pkgkey that hold the script of the build. Each begins with a `|`, so that none is taken for another
 * line of the key.
 */
export const scriptLines = (script: string): readonly string[] =>
  script === ''
    ? []
    : script
        .replace(/\n$/, '')
        .split('\n')
        .map(line => (line === '' ? '|' : `| ${line}`))

/** The lines of the script in a pkgkey, as they are in the script. */
export const scriptIn = (key: string): readonly string[] =>
  key.split('\n').flatMap(line => (line.startsWith('|') ? [line.slice(2)] : []))
