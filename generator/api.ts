import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { build } from 'esbuild'
import { sha256 } from '../core/digest.ts'
import { byCodeUnit } from '../core/order.ts'
import type { Input } from './tree.ts'

/** The manifest API of a tree, as the realm runs it. */
export interface Api {
  /** A function expression that answers the module. */
  readonly code: string
  /** The files that it was made of: inputs of every manifest. */
  readonly inputs: readonly Input[]
}

/** Module name of the manifest API. */
export const API = 'coolports'

/** Makes one module of the API's files. esbuild does it in a process of its own, from the moment of the call. */
export async function bundleApi(root: string, bundle: typeof build): Promise<Api> {
  const result = await bundle({
    // Not with the root, in whose name an asterisk would stand for many.
    entryPoints: ['./templates/index.ts'],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'api',
    target: 'node20',
    metafile: true,
    logLevel: 'silent',
  })
  const paths = Object.keys(result.metafile.inputs).sort(byCodeUnit)
  return {
    code: `function () { ${result.outputFiles[0]?.text ?? ''}\nreturn api }`,
    inputs: paths.map(path => ({ path, sha256: sha256(readFileSync(join(root, path))) })),
  }
}
