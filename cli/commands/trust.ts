import { group } from '../group.ts'
import { trustAdd } from './trust/add.ts'
import { trustList } from './trust/list.ts'
import { trustRemove } from './trust/remove.ts'

export const trust = group({
  name: 'trust',
  about: 'Name the keys whose packages are taken from caches',
  commands: [trustAdd, trustList, trustRemove],
})
