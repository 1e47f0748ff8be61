import { expect, test } from 'vitest'
import { isLoopback } from '../../../helpers/http/loopback.ts'

test('isLoopback() is of this machine alone', () => {
  for (const host of ['localhost', 'localhost:5000', '127.0.0.1:1', '127.1.2.3', '[::1]:5000'])
    expect(isLoopback(host)).toBe(true)
  for (const host of ['localhost.example', '127.0.0.1.example', '10.0.0.1', '[::2]', '127.example'])
    expect(isLoopback(host)).toBe(false)
})
