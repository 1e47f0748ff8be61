import { runPin } from './cli.ts'

process.exitCode = await runPin(process.argv.slice(2), process)
