import { closePlaces } from './open-places.ts'
import { reuse } from './reuse.ts'

process.exitCode = await reuse(process.argv.slice(2), process.env, text => process.stderr.write(text))
await closePlaces()
// Node does not end while a thread of it waits for a file system of the network, and that may be for ever. The rule takes
// a signal for trouble, and builds.
setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5000).unref()
