import { group } from './group.ts'
import { mirrorCid } from './mirror-cid.ts'
import { mirrorServe } from './mirror-serve.ts'

export const mirror = group({
  name: 'mirror',
  about: 'Give sources to others, and name them for others',
  commands: [mirrorServe, mirrorCid],
})
