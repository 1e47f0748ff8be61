import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolders } from '../../core/folders.ts'
import { type Lock, takeLock, untilUnlocked } from '../../core/lock.ts'

/** The lock of who takes things out of the store, held only while names vanish: builds that begin wait for it. */
export const lockStore = async (store: string): Promise<Lock> => takeLock(makeFolders(join(store, LOCK)))

/** Waits until nobody takes things out of the store. */
export async function untilStoreUnlocked(store: string): Promise<void> {
  const folder = join(store, LOCK)
  if (existsSync(folder)) await untilUnlocked(folder)
}

const LOCK = 'lock'
