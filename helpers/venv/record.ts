import { isAbsolute, join } from 'node:path'
import { isSha256 } from '../../core/digest.ts'
import { isPackageName } from '../../core/name.ts'
import { parseRecfile, type RecRecord, value, values } from '../../core/recfile.ts'
import type { Layer, PackageLayer } from './layer.ts'
import type { Request } from './request.ts'

/** What a venv is: what was asked for, and what came of it. */
export interface VenvRecord {
  readonly request: Request
  readonly layers: readonly Layer[]
  /** The state of the venv below, as it was when this one was made. */
  readonly below?: string
}

/**
 * The `packages` of a venv: recutils, first what was asked for, then a record for each layer, the one on top
 * first. Paths and words are quoted as in JSON, because they may hold anything.
 */
export function recordText({ request, layers, below }: VenvRecord): string {
  const { packages, order, prefer, alternatives, stack, given } = request
  const head = [
    'venv: 1',
    ...packages.map(name => `asked: ${name}`),
    ...(order ? ['order: yes'] : []),
    ...prefer.map(name => `prefer: ${name}`),
    ...alternatives.map(one => `alternative: ${JSON.stringify(one)}`),
    ...(stack === undefined ? [] : [`stack: ${JSON.stringify(stack)}`]),
    ...(below === undefined ? [] : [`below: ${JSON.stringify(below)}`]),
    ...given.map(word => `given: ${JSON.stringify(word)}`),
  ]
  let chosen = 0
  const layerLines = (layer: Layer): readonly string[] => [
    ...(layer.kind === 'package' ? packageLines(layer) : [`chosen: ${chosen++}`]),
    `level: ${layer.level}`,
  ]
  const title =
    '# What this venv is made of; what comes first lies on top. Written by bin/venv, and read by it.'
  return `${[[title], head, ...layers.map(layerLines)].map(lines => lines.join('\n')).join('\n\n')}\n`
}

const packageLines = (layer: PackageLayer): readonly string[] => [
  `package: ${layer.name}`,
  `version: ${layer.version}`,
  `pkghash: ${layer.pkghash}`,
  `tar: ${layer.tar}`,
  `tree: ${JSON.stringify(layer.path)}`,
]

/** Reads the record of a venv's state, which lies in the folder `state`; undefined when it is none. */
export function readRecord(text: string, state: string): VenvRecord | undefined {
  const { records, problems } = parseRecfile(text)
  const [head, ...rest] = records
  if (!head || problems.length > 0 || value(head, 'venv') !== '1') return undefined
  try {
    const layers = rest.map(one => readLayer(one, state))
    const packages = values(head, 'asked')
    const stack = path(value(head, 'stack'))
    const below = path(value(head, 'below'))
    if (!layers.every(layer => layer !== undefined) || !packages.every(isPackageName)) return undefined
    return {
      request: {
        packages,
        order: value(head, 'order') === 'yes',
        prefer: values(head, 'prefer'),
        alternatives: values(head, 'alternative').map(one => JSON.parse(one)),
        given: values(head, 'given').map(one => String(JSON.parse(one))),
        ...(stack === undefined ? {} : { stack }),
      },
      layers,
      ...(below === undefined ? {} : { below }),
    }
  } catch {
    return undefined
  }
}

function readLayer(record: RecRecord, state: string): Layer | undefined {
  const level = Number(value(record, 'level'))
  const chosen = value(record, 'chosen')
  if (!Number.isSafeInteger(level) || level < 0) return undefined
  if (chosen !== undefined) {
    return /^\d+$/.test(chosen)
      ? { kind: 'chosen', path: chosenPath(state, Number(chosen)), level }
      : undefined
  }
  const [name, version, pkghash, tar, tree] = ['package', 'version', 'pkghash', 'tar', 'tree'].map(
    field => value(record, field) ?? '',
  )
  if (!name || !version || !pkghash || !tar || !isPackageName(name)) return undefined
  const found = path(tree)
  if (!isSha256(pkghash) || !isSha256(tar) || found === undefined) return undefined
  return { kind: 'package', name, version, pkghash, tar, path: found, level }
}

/** Where a state keeps its copies of what was chosen, the uppermost first. */
export const chosenPath = (state: string, index: number): string => join(state, 'chosen', String(index))

/** Throws where the text is not JSON; a record with such a text is none. */
function path(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const found: unknown = JSON.parse(text)
  return typeof found === 'string' && isAbsolute(found) ? found : undefined
}
