/**
 * What a client in bin/redo/ says: fields that end in NUL, so that every name can pass. The last of
 * the fixed fields counts the arguments that follow. Longer lists come in a file; then the verb begins
 * with `@`, and the file has the folder and the arguments. A verb
 * that ends in `+` asks for what is printed meanwhile, in a file; a `=` before that tells of an environment in one.
 */
export interface Message {
  readonly verb: string
  /** Where the answer is awaited. */
  readonly slot: number
  readonly job: number
  readonly cwd: string
  readonly args: readonly string[]
  /** Its stderr is not that of the script: what is built for it, it wants to print itself. */
  readonly ownOutput: boolean
  /** What is built for it sees the environment that it left in a file. */
  readonly ownEnvironment: boolean
}

const fixedFields = 5

/** Cuts the stream of a fifo into messages; a message may come in pieces, or several in one. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0)
  #fields: string[] = []

  /** The bytes may be others after the call. */
  read(bytes: Buffer): readonly Message[] {
    const data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const whole = data.lastIndexOf(0) + 1
    this.#rest = Buffer.from(data.subarray(whole))
    const messages: Message[] = []
    for (const field of argumentsIn(data.subarray(0, whole))) {
      this.#fields.push(field)
      const message = this.#complete()
      if (message !== undefined) messages.push(message)
    }
    return messages
  }

  #complete(): Message | undefined {
    const [word = '', slot, job, cwd = '', count] = this.#fields
    if (count === undefined || this.#fields.length < fixedFields + Number(count)) return undefined
    const args = this.#fields.slice(fixedFields)
    this.#fields = []
    const [, verb = '', environment, output] = /^(.*?)(=?)(\+?)$/s.exec(word) ?? []
    const own = { ownOutput: output === '+', ownEnvironment: environment === '=' }
    return { verb, slot: Number(slot), job: Number(job), cwd, args, ...own }
  }
}

/** The fields in a file: each ends in NUL. */
export function argumentsIn(bytes: Buffer): readonly string[] {
  return bytes.toString('utf8').split('\0').slice(0, -1)
}
