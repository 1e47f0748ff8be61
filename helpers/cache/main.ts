import { closePlaces } from './open-places.ts'
import { reuse } from './reuse.ts'

const status = await reuse(process.argv.slice(2), process.env, text => process.stderr.write(text))
await closePlaces()
// A connection that is still being made, to a host that does not answer, would keep node for seconds.
process.exit(status)
