import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { treeRoot } from './store.ts'

/** That of coolports, as its package.json has it. */
export const version = (): string =>
  (JSON.parse(readFileSync(join(treeRoot(), 'package.json'), 'utf8')) as { version: string }).version
