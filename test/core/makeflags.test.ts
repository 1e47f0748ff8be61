import { expect, test } from 'vitest'
import { jobserverIn, makeflagsFor } from '../../core/makeflags.ts'

test.each([
  ['-j --jobserver-auth=3,4', { kind: 'pipe', read: 3, write: 4 }],
  ['-j4 --jobserver-fds=7,9 -k', { kind: 'pipe', read: 7, write: 9 }],
  [' -j --jobserver-auth=fifo:/tmp/GMfifo12', { kind: 'fifo', path: '/tmp/GMfifo12' }],
  ['--jobserver-fds=3,4 --jobserver-auth=5,6', { kind: 'pipe', read: 5, write: 6 }],
  [' -j2 --jobserver-auth=3,4 -- X=--jobserver-auth=98,99', { kind: 'pipe', read: 3, write: 4 }],
  ['-j', undefined],
  ['-- X=--jobserver-auth=98,99', undefined],
  ['--jobserver-auth=-2,-2', undefined],
  ['--jobserver-auth=0,1', undefined],
  ['--jobserver-auth=3', undefined],
  ['', undefined],
])('MAKEFLAGS %j tells of that jobserver', (flags, place) => {
  expect(jobserverIn(flags)).toEqual(place)
})

test.each([
  ['', ' -j --jobserver-auth=100,101'],
  ['k -j3 --jobserver-auth=3,4', ' k -j --jobserver-auth=100,101'],
  [' -j3 --jobserver-auth=3,4 -- A=b\\ \\ c D=-j3', ' -j --jobserver-auth=100,101 -- A=b\\ \\ c D=-j3'],
  ['-- A=--', ' -j --jobserver-auth=100,101 -- A=--'],
])('MAKEFLAGS %j keeps its options and its variables, each in its place', (inherited, want) => {
  expect(makeflagsFor(inherited, 100, 101)).toBe(want)
})
