import { allInStore } from './in-store.ts'

// Nearly every run finds all its sources in the store. Such a run ends here, before anything that
// takes long to load is loaded.
if (!(await allInStore(process.argv.slice(2), process.env, process.ppid))) {
  const { runFetch } = await import('./cli.ts')
  process.exitCode = await runFetch(process.argv.slice(2), process)
}
