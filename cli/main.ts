import { FILE_SYSTEM } from '../core/system-error.ts'
import { complain, trouble } from './output.ts'
import { run } from './run.ts'

// A reader that has seen enough, such as head, is no fault. Where the rest cannot be written, the answer is cut short.
process.stdout.on('error', error => {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EPIPE') process.exit(0)
  const why = FILE_SYSTEM[code ?? ''] ?? code ?? error.message
  process.exit(complain(trouble({ cannot: 'write the answer to stdout', why })))
})
// What cannot be said is not said; the exit status is still that of what was done.
process.stderr.on('error', () => {})

process.exitCode = await run(process.argv.slice(2))
