import { allInStore } from './in-store.ts'

// Nearly every run finds all its sources in the store. Such a run ends here, before anything that
// takes long to load is loaded.
if (!(await allInStore(process.argv.slice(2), process.env, process.ppid))) {
  const { runFetch } = await import('./cli.ts')
  // A connection that is still being made, to a host that does not answer, would keep node for seconds.
  process.exit(await runFetch(process.argv.slice(2), process))
}
