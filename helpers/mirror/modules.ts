import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { byCodeUnit } from '../../core/order.ts'

/**
 * The npm packages that the programs need when they run, or are bundled again, as folders below node_modules.
 * Source: npm's own lock of what it installed, `.package-lock.json`, where those of development are marked.
 */
export function runtimeModules(nodeModules: string): readonly string[] {
  const lock = JSON.parse(readFileSync(join(nodeModules, LOCK), 'utf8')) as Lock
  const needed = Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path.startsWith(BELOW) && !dev && !devOptional)
    .map(([path]) => path.slice(BELOW.length))
    .sort(byCodeUnit)
  // One that lies within another comes along with it.
  return needed.filter(path => !needed.some(other => path.startsWith(`${other}/`)))
}

/** By this file a door knows that the packages are installed. */
export const LOCK = '.package-lock.json'

const BELOW = 'node_modules/'

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>
}
