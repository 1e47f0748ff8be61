import { group } from '../group.ts'
import { cacheAdd } from './cache/add.ts'
import { cacheGc } from './cache/gc.ts'
import { cacheKey } from './cache/key.ts'
import { cacheLs } from './cache/ls.ts'
import { cacheVerify } from './cache/verify.ts'

export const cache = group({
  name: 'cache',
  about: 'Look after the store of sources and packages, and publish packages for others',
  commands: [cacheLs, cacheGc, cacheVerify, cacheAdd, cacheKey],
})
