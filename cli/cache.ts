import { cacheAdd } from './cache-add.ts'
import { cacheKey } from './cache-key.ts'
import { group } from './group.ts'

export const cache = group({
  name: 'cache',
  about: 'Publish built packages for others',
  commands: [cacheAdd, cacheKey],
})
