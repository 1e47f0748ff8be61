import { readFileSync, statSync } from 'node:fs'
import { distfilePath, storeRoot } from '../../core/store.ts'
import { parseFetchFile } from './request.ts'

// Nearly every run finds all its sources in the store. Such a run ends here, before anything that
// takes long to load is loaded.
if (!allInStore(process.argv.slice(2))) {
  const { runFetch } = await import('./cli.ts')
  process.exitCode = await runFetch(process.argv.slice(2), process)
}

function allInStore(args: readonly string[]): boolean {
  if (args.length === 0 || args.some(arg => arg.startsWith('-'))) return false
  const store = storeRoot(process.env)
  try {
    return args.every(path => {
      const requests = parseFetchFile(path, readFileSync(path, 'utf8'))
      return (
        requests.ok && requests.value.every(({ sha256 }) => statSync(distfilePath(store, sha256)).isFile())
      )
    })
  } catch {
    return false // a file is missing: the long way fetches it, or says why it cannot
  }
}
