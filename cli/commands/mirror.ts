import { group } from '../group.ts'
import { mirrorCid } from './mirror/cid.ts'
import { mirrorExport } from './mirror/export.ts'
import { mirrorPublish } from './mirror/publish.ts'
import { mirrorPush } from './mirror/push.ts'
import { mirrorResolve } from './mirror/resolve.ts'
import { mirrorServe } from './mirror/serve.ts'
import { mirrorStatus } from './mirror/status.ts'

export const mirror = group({
  name: 'mirror',
  about: 'See where sources can be had, give them to others, and name them for others',
  commands: [mirrorStatus, mirrorServe, mirrorPush, mirrorExport, mirrorCid, mirrorPublish, mirrorResolve],
})
