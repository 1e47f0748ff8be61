import { afterEach, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { challenge } from '../../../helpers/cache/challenge.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { closePlaces, openPlaces } from '../../../helpers/cache/open-places.ts'
import { coolportsIn } from '../../cli/support.ts'
import { folder, serve } from '../fetch/support.ts'

afterEach(closePlaces)

test.each([
  ['that never answers', () => {}],
  ['that stops in the middle', (response: { write(text: string): void }) => response.write('package: x')],
])('a server %s gave nothing in that time', async (_, answer) => {
  const { url } = await serve((_request, response) => void answer(response))
  const { places } = await openPlaces([url], { http_proxy: '' })
  const { key } = makeKey()
  const { troubles } = await challenge(
    sha256('x'),
    places,
    [{ key: key.public }],
    folder(),
    '2029-01-01',
    300,
  )
  expect(troubles).toEqual([{ place: url, builder: key.public.id, why: 'nothing within 0.3 s' }])
})

test('a folder is no key to ask about', () => {
  const words = ['-C', process.cwd(), 'challenge', 'make', '--key', '/']
  const { status, err } = coolportsIn(folder(), { XDG_CONFIG_HOME: folder() }, ...words)
  expect(err).toBe('coolports: cannot ask about the key "/": it is a folder, not a file with a key\n')
  expect(status).toBe(2)
})
