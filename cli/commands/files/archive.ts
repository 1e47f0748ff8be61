import type { Result } from '../../../core/result.ts'
import { type Held, inspectTar } from '../../../helpers/tar/inspect.ts'
import type { TarProblem } from '../../../helpers/tar/problem.ts'
import { gunzipped } from '../../../helpers/tar/unpack.ts'

/** Tells all that an archive holds, in its order, and writes nothing anywhere. */
export async function listArchive(
  file: string,
  tell: (held: Held) => void,
): Promise<Result<void, TarProblem>> {
  return inspectTar(gunzipped(file), {
    check: held => {
      tell(held)
      return undefined
    },
  })
}
