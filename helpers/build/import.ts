import { join } from 'node:path'
import { formatMessage } from '../../core/message.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { keepBuilt } from '../store/keep.ts'
import { moveFile } from '../store/move.ts'
import { findDifference } from '../store/spot-check.ts'
import { useStore } from '../store/use.ts'
import { packTree } from '../tar/pack.ts'
import { unpackTar } from '../tar/unpack.ts'
import { archiveBytes } from './archive.ts'
import type { Command } from './command.ts'
import { openKey } from './key.ts'
import type { BuildProblem } from './problem.ts'
import { namedSources, sourceFiles } from './sources.ts'
import { keepsModes, makeWork, modesLost } from './work.ts'

/** Makes a package of an archive that was made elsewhere and is pinned by its digest, such as the seed. */
export const importArchive = (
  command: Command & { kind: 'import' },
  store: string,
  say: (line: string) => void,
): Promise<Result<void, readonly BuildProblem[]>> =>
  useStore(store, async use => {
    await use.need({ distfiles: namedSources(store, command.fetch) })
    return importNeeded(command, store, say)
  })

async function importNeeded(
  command: Command & { kind: 'import' },
  store: string,
  say: (line: string) => void,
): Promise<Result<void, readonly BuildProblem[]>> {
  const { label } = command
  const sources = sourceFiles(store, command.fetch)
  if (!sources.ok) return sources
  const [source] = sources.value
  if (!source || sources.value.length > 1) {
    return refuse([{ kind: 'not one archive', list: command.fetch, count: sources.value.length }])
  }
  const key = openKey(store, command)
  if (!key.ok) return key
  const bytes = archiveBytes(source.path, source.file)
  if (!bytes.ok) return refuse([bytes.error])
  say(`import ${label}`)
  const work = makeWork('')
  try {
    if (!keepsModes(work)) return refuse([modesLost('import', label)])
    const unpacked = await unpackTar(bytes.value.chunks, join(work, 'destdir'))
    const failure = bytes.value.failure()
    if (failure) return refuse([failure])
    if (!unpacked.ok)
      return refuse([{ kind: 'tar', action: 'unpack', thing: source.file, problem: unpacked.error }])
    const file = join(work, 'pkg.tar.gz')
    const packed = await packTree(join(work, 'destdir'), file, { setuid: key.value?.setuid ?? [] })
    if (!packed.ok)
      return refuse(packed.error.map(problem => ({ kind: 'tar', action: 'pack', thing: label, problem })))
    const got = packed.value.digest
    const claim = key.value && findDifference(store, key.value.hash, got)
    if (claim) return refuse([{ kind: 'disproved', label, claim, got }])
    if (key.value) keepBuilt(store, key.value, file, got, message => say(formatMessage('do-build', message)))
    moveFile(file, command.out)
    say(
      `imported ${label}, ${(packed.value.fileBytes / 1e6).toFixed(1)} MB, tar sha256 ${packed.value.digest}`,
    )
    return ok(undefined)
  } finally {
    removeTree(work)
  }
}
