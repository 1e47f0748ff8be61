import { expect, test } from 'vitest'
import { depthNote } from '../../../helpers/export/image.ts'

test('an image with more layers than docker takes is told of', () => {
  expect(depthNote(125)).toBeUndefined()
  expect(depthNote(126)).toContain('126 layers, and docker takes no more than 125')
})
