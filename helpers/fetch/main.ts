import { allInStore } from './in-store.ts'

// Nearly every run finds all its sources in the store. Such a run ends here, before anything that
// takes long to load is loaded.
if (!allInStore(process.argv.slice(2), process.env)) {
  const { runFetch } = await import('./cli.ts')
  process.exitCode = await runFetch(process.argv.slice(2), process)
}
