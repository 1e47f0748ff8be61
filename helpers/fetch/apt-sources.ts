/** A file of the machine's apt configuration. */
interface AptFile {
  readonly name: string
  readonly text: string
}

/** The roots of all Debian archives the machine's apt is set up for, in order, each once. */
export function debianRoots(files: readonly AptFile[]): readonly string[] {
  const entries = files.flatMap(({ name, text }) =>
    name.endsWith('.sources') ? deb822(text) : oneLine(text),
  )
  return [...new Set(entries.filter(isDebian).map(({ root }) => root))]
}

interface Entry {
  readonly root: string
  readonly suites: readonly string[]
  readonly components: readonly string[]
}

/** `deb [option=value ...] URI SUITE COMPONENT...`, see sources.list(5). */
function oneLine(text: string): readonly Entry[] {
  return text.split('\n').flatMap(line => {
    const match = /^\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line)
    const root = rootOf(match?.[1] ?? '')
    return match && root ? [{ root, suites: [match[2] ?? ''], components: words(match[3] ?? '') }] : []
  })
}

/** Stanzas of `Field: value`, where a line that begins with a blank goes on with the field above it. */
function deb822(text: string): readonly Entry[] {
  const bare = text
    .replace(/\r/g, '')
    .split('\n')
    .filter(line => !line.startsWith('#'))
    .join('\n')
  return bare.split(/\n[ \t]*\n/).flatMap(stanza => {
    const field = (name: string): string =>
      new RegExp(`^${name}:((?:.*)(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1]?.trim() ?? ''
    if (/^(no|false|without|off|disable|0)$/i.test(field('Enabled'))) return []
    if (!words(field('Types')).some(type => type === 'deb' || type === 'deb-src')) return []
    const suites = words(field('Suites'))
    const components = words(field('Components'))
    return words(field('URIs')).flatMap(uri => {
      const root = rootOf(uri)
      return root ? [{ root, suites, components }] : []
    })
  })
}

/** A url below which `pool/` is found, without a slash at its end; undefined for cdrom:, mirror+file: and the like. */
export function rootOf(uri: string): string | undefined {
  const root = uri.replace(/^file:\/*/, 'file:///').replace(/\/+$/, '')
  return /^(https?:\/\/[^/\s]|file:\/\/\/)[\x21-\x7e]*$/.test(root) && URL.canParse(root) ? root : undefined
}

const isDebian = ({ suites, components }: Entry): boolean =>
  components.includes('main') && suites.some(suite => SUITE.test(suite))

/** By name, because an archive of somebody else has a `main` component too, and asking it would tell it what we build. */
const SUITE =
  /^(oldoldstable|oldstable|stable|testing|unstable|sid|experimental|buster|bullseye|bookworm|trixie|forky|duke)([-/](updates|security|backports|backports-sloppy|proposed-updates))?$/

const words = (text: string): readonly string[] => text.split(/\s+/).filter(word => word !== '')
