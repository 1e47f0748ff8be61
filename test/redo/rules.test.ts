import { expect, test } from 'vitest'
import { Rules } from '../../redo/rules.ts'
import { Tree } from '../../redo/tree.ts'

const rules = new Rules(new Tree('/above/top'))

function places(target: string): readonly string[] {
  return [...rules.candidates(target)].map(rule => rule.doFile)
}

test('candidates() exhausts a folder before the one above it, up to the root of the machine', () => {
  expect(places('a/x.y.z')).toEqual([
    'a/x.y.z.do',
    'a/default.y.z.do',
    'a/default.z.do',
    'a/default.do',
    'default.y.z.do',
    'default.z.do',
    'default.do',
    '/above/default.y.z.do',
    '/above/default.z.do',
    '/above/default.do',
    '/default.y.z.do',
    '/default.z.do',
    '/default.do',
  ])
})

test('candidates() takes a name that begins with a dot as all extension', () => {
  expect(places('p/.pkghash').slice(0, 3)).toEqual(['p/.pkghash.do', 'p/default.pkghash.do', 'p/default.do'])
})

test('a rule above sees the way down, and the stem loses only the extension of the default', () => {
  const rule = [...rules.candidates('a/b/x.tar.gz')].find(one => one.doFile === 'a/default.gz.do')
  expect(rule).toEqual({ doFile: 'a/default.gz.do', folder: 'a', target: 'b/x.tar.gz', stem: 'b/x.tar' })
})

test('a rule above the top of the tree sees the top, too', () => {
  const rule = [...rules.candidates('x')].find(one => one.doFile === '/above/default.do')
  expect(rule).toMatchObject({ folder: '/above', target: 'top/x' })
})

test('a target outside of the tree is made by the rules of the folders above it', () => {
  expect(places('/x')).toEqual(['/x.do', '/default.do'])
  expect(places('/other/x')).toEqual(['/other/x.do', '/other/default.do', '/default.do'])
})

test('a tree whose top is the root of the machine looks into that once', () => {
  expect([...new Rules(new Tree('/')).candidates('x')].map(rule => rule.doFile)).toEqual([
    'x.do',
    'default.do',
  ])
})
