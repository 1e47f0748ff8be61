import { expect, test } from 'vitest'
import { patient } from '../../../helpers/cache/patient.ts'
import { placeOf } from '../../../helpers/cache/schemes.ts'
import { QUICK, serve } from '../fetch/support.ts'

const FILE = `${'0'.repeat(64)}.tar.gz`

test.each<[string, readonly number[], { readonly kind: string; readonly status?: number }, number]>([
  ['that is busy for a second is asked again after it', [429, 404], { kind: 'absent' }, 1_000],
  [
    'that stays in trouble is asked three times',
    [500, 502, 503, 404],
    { kind: 'status', status: 503 },
    2_000,
  ],
  ['that forbids it is asked once', [400, 404], { kind: 'status', status: 400 }, 0],
])('a registry %s', async (_, statuses, error, ms) => {
  const { url, asked } = await serve((_, response) => {
    response.writeHead(statuses[asked.length - 1] ?? 404, { 'retry-after': '1' }).end()
  })
  const place = await placeOf(url.replace('http:', 'oci:').concat('/a'), {})
  if (!place.ok) throw new Error(place.error)
  const begun = performance.now()
  const limits = { ...QUICK, retryAfterMs: 5_000 }
  const opened = await patient(place.value, limits).open(FILE, new AbortController().signal)
  expect(opened).toMatchObject({ ok: false, error })
  expect(performance.now() - begun).toBeGreaterThan(ms - 50)
  expect(asked.length).toBe(Math.min(3, statuses.indexOf(error.status ?? 404) + 1))
  await place.value.close()
})
