import { quoted } from '../../../core/message.ts'
import { ok, type Result, refuse } from '../../../core/result.ts'
import { parseReference, parseRepository, type Reference } from '../../../helpers/oci/reference.ts'
import { type Refusal, trouble } from '../../output.ts'
import type { ExportRequest } from './request.ts'

/** How an image is called, here and in a registry. */
export interface Names {
  /** NAME:TAG */
  readonly name: string
  readonly tag: string
  readonly push?: Reference
}

/** Reads the names that were given, before anything is built for them. */
export function imageNames({ form, name, push, words, mountFrom }: ExportRequest): Result<Names, Refusal> {
  const first = (words[0] ?? '').replace(/\/+$/, '').replace(/^.*\//, '')
  const given = name ?? first
  // In a layout a name has no registry; any will do for a look at the rest.
  const parsed = parseReference(`localhost/${given}`)
  if (form !== 'tar' && (!parsed.ok || parsed.value.digest !== undefined))
    return refuse(
      trouble({
        cannot: `call the image ${quoted(given)}`,
        why: parsed.ok ? 'it names a digest' : `it ${parsed.error}`,
        remedy: '--name NAME:TAG',
      }),
    )
  for (const repository of mountFrom) {
    const other = parseRepository(`localhost/${repository}`)
    if (!other.ok)
      return refuse(trouble({ cannot: `share layers with ${quoted(repository)}`, why: `it ${other.error}` }))
  }
  const tag = (parsed.ok ? parsed.value.tag : undefined) ?? 'latest'
  const names = { name: `${parsed.ok ? parsed.value.name : given}:${tag}`, tag }
  if (push === undefined) return ok(names)
  const to = parseReference(push)
  if (to.ok && to.value.digest === undefined) return ok({ ...names, push: to.value })
  const why = to.ok ? 'it names a digest, which is not for us to choose' : `it ${to.error}`
  return refuse(trouble({ cannot: `push to ${quoted(push)}`, why, remedy: '--push REGISTRY/REPOSITORY:TAG' }))
}
