import { closePlaces } from './open-places.ts'
import { reuse } from './reuse.ts'

process.exitCode = await reuse(process.argv.slice(2), process.env, text => process.stderr.write(text))
await closePlaces()
