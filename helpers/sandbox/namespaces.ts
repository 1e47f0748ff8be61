import { readFileSync } from 'node:fs'

/** A kernel setting that forbids ordinary users the namespaces a sandbox is made of. */
const SETTINGS: readonly {
  readonly name: string
  readonly forbids: (value: string) => boolean
  readonly allow: string
}[] = [
  { name: 'kernel.unprivileged_userns_clone', forbids: value => value === '0', allow: '1' },
  { name: 'user.max_user_namespaces', forbids: value => value === '0', allow: '15000' },
  { name: 'kernel.apparmor_restrict_unprivileged_userns', forbids: value => value === '1', allow: '0' },
]

/** What to do when bwrap was not allowed to make its namespaces; undefined when no setting explains it. */
export function namespaceRemedy(
  read: (name: string) => string | undefined = readSetting,
): string | undefined {
  const found = SETTINGS.find(setting => {
    const value = read(setting.name)
    return value !== undefined && setting.forbids(value)
  })
  return found && `as root: sysctl -w ${found.name}=${found.allow}   (keep it by a file in /etc/sysctl.d)`
}

function readSetting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim()
  } catch {
    return undefined
  }
}
