import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { formatReference, parseReference } from '../../../helpers/oci/reference.ts'

const DIGEST = sha256('x')

describe('parseReference()', () => {
  test.each([
    ['localhost/x', { registry: 'localhost', name: 'x' }],
    ['Registry.Example/team/tools:1.0', { registry: 'registry.example', name: 'team/tools', tag: '1.0' }],
    ['registry.example:5000/a-b__c.d/e', { registry: 'registry.example:5000', name: 'a-b__c.d/e' }],
    ['[::1]:5000/x:y', { registry: '[::1]:5000', name: 'x', tag: 'y' }],
    [`10.0.0.1/x:t@sha256:${DIGEST}`, { registry: '10.0.0.1', name: 'x', tag: 't', digest: DIGEST }],
  ])('reads %s', (text, value) => {
    expect(parseReference(text)).toEqual({ ok: true, value })
    expect(formatReference(value)).toBe(text.replace('Registry.Example', 'registry.example'))
  })

  test.each([
    ['', 'has no "/"'],
    ['tools', 'has no "/"'],
    ['team/tools', 'write its host in full'],
    ['https://registry.example/x', 'no host'],
    ['user:word@registry.example/x', 'has no "/"'],
    ['registry.example/../x', 'a repository that cannot be one'],
    ['registry.example/x/', 'a repository that cannot be one'],
    ['registry.example//x', 'a repository that cannot be one'],
    ['registry.example/X', 'a repository that cannot be one'],
    ['registry.example/x?y', 'a repository that cannot be one'],
    ['registry.example/x%2fy', 'a repository that cannot be one'],
    ['registry.example/x:a/b', 'a tag that cannot be one'],
    ['registry.example/x:', 'a tag that cannot be one'],
    ['registry.example/x:-a', 'a tag that cannot be one'],
    [`registry.example/x:${'a'.repeat(129)}`, 'a tag that cannot be one'],
    ['registry.example/x:a:b', 'two tags'],
    ['registry.example/x@sha256:abc', 'a digest that is not'],
    [`registry.example/x@sha512:${DIGEST}`, 'a digest that is not'],
    [`registry.example/x@sha256:${DIGEST}@sha256:${DIGEST}`, '"@" twice'],
    ['registry.example:99999/x', 'no host'],
    ['registry..example/x', 'no host'],
    ['-registry.example/x', 'no host'],
    ['registry.example/x\n', 'a control character'],
    ['registry.example/ü', 'not ASCII'],
    [`registry.example/${'a'.repeat(600)}`, 'longer than'],
    [`registry.example/${'-'.repeat(480)}`, 'a repository that cannot be one'],
  ])('refuses %j', (text, why) => {
    const parsed = parseReference(text)
    expect(parsed.ok ? '' : parsed.error).toContain(why)
  })
})
