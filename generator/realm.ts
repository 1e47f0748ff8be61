import vm from 'node:vm'

/** What came of evaluating one manifest: its default export as data, or why there is none. */
export type Evaluated =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly message: string; readonly stack: string }

/**
 * A place to evaluate manifests in: a realm with the language's own objects, frozen, less all that
 * differs between machines or moments. Only text crosses its border, so that no object of ours
 * leads out of it. It keeps manifests honest and repeatable; it is not meant to hold an attacker.
 */
export class Realm {
  readonly #context: vm.Context

  constructor() {
    // A context made of an object with a prototype of ours would lead to our Function by `constructor`.
    this.#context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } })
    this.#run(`(${loader})(${JSON.stringify(AMBIENT)})`, 'realm')
  }

  /** Makes a CommonJS module known by its name; it runs when it is first asked for. */
  define(name: string, code: string): void {
    this.#run(
      `__modules.define(${JSON.stringify(name)}, function (exports, require, module) {${code}\n})`,
      name,
    )
  }

  /** Evaluates modules that were defined, and what they import. */
  load(names: readonly string[]): readonly Evaluated[] {
    // A watched call costs a thread, so all go into one; only if that one does not end, the culprit is sought.
    const all = this.#evaluate(names)
    return all ?? names.map(name => this.#evaluate([name])?.[0] ?? NEVER_ENDS)
  }

  /** Undefined when it did not end in time. */
  #evaluate(names: readonly string[]): readonly Evaluated[] | undefined {
    try {
      const answer = this.#run(`__modules.load(${JSON.stringify(names)})`, 'realm', TIME_LIMIT_MS)
      return JSON.parse(String(answer)) as readonly Evaluated[]
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
      throw error
    }
  }

  #run(code: string, filename: string, timeout?: number): unknown {
    return vm.runInContext(code, this.#context, { filename, ...(timeout === undefined ? {} : { timeout }) })
  }
}

/** For all manifests together: ten thousand take about two seconds. */
const TIME_LIMIT_MS = 10_000

const NEVER_ENDS: Evaluated = {
  kind: 'error',
  message: `it did not end within ${TIME_LIMIT_MS / 1000} s`,
  stack: '',
}

/** Globals that are a clock, randomness, or an answer that depends on the machine, and how they are called in a message. */
const AMBIENT: readonly (readonly [path: string, what: string])[] = [
  ['Date', 'the clock'],
  ['performance', 'the clock'],
  ['Math.random', 'randomness'],
  ['Intl', 'the locale'],
  ['String.prototype.localeCompare', 'the locale'],
  ['String.prototype.toLocaleLowerCase', 'the locale'],
  ['String.prototype.toLocaleUpperCase', 'the locale'],
  ['Number.prototype.toLocaleString', 'the locale'],
  ['BigInt.prototype.toLocaleString', 'the locale'],
  ['Array.prototype.toLocaleString', 'the locale'],
  ['Object.prototype.toLocaleString', 'the locale'],
  ['WeakRef', 'the garbage collector'],
  ['FinalizationRegistry', 'the garbage collector'],
  ['SharedArrayBuffer', 'other threads'],
  ['Atomics', 'other threads'],
  ['WebAssembly', 'machine code'],
  ['console', 'the terminal'],
  ['process', 'the process'],
  ['fetch', 'the network'],
  ['setTimeout', 'the clock'],
  ['setInterval', 'the clock'],
  ['queueMicrotask', 'the clock'],
  ['Deno', 'the process'],
  ['Bun', 'the process'],
  ['globalThis', 'what other manifests left behind'],
]

/** Runs inside of the realm, from its text: must not use anything of this module. */
function loader(ambient: readonly (readonly [string, string])[]): void {
  const realm = globalThis
  interface Module {
    readonly body: (exports: unknown, require: unknown, module: unknown) => void
    exports?: Record<string, unknown>
    failure?: { readonly error: unknown }
  }
  const modules = new Map<string, Module>()
  const running = new Set<string>()
  const forbid = (path: string, what: string): void => {
    const parts = path.split('.')
    const last = parts.pop() as string
    // biome-ignore lint/suspicious/noExplicitAny: any object of the language
    const holder = parts.reduce((object: any, part) => object[part], realm)
    Object.defineProperty(holder, last, {
      configurable: false,
      enumerable: false,
      get() {
        throw new Error(`a manifest cannot see ${what} (${path})`)
      },
    })
  }
  for (const [path, what] of ambient) forbid(path, what)
  for (const name of Object.getOwnPropertyNames(realm)) {
    const found = Object.getOwnPropertyDescriptor(realm, name)?.value
    if ((typeof found !== 'object' && typeof found !== 'function') || found === null || found === realm)
      continue
    Object.freeze(found)
    if (typeof found === 'function' && found.prototype) Object.freeze(found.prototype)
  }
  const freeze = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  const load = (name: string): Record<string, unknown> => {
    const module = modules.get(name)
    if (!module) throw new Error(`a manifest cannot import ${JSON.stringify(name)}`)
    if (module.failure) throw module.failure.error
    if (module.exports) return module.exports
    if (running.has(name))
      throw new Error(`manifests import each other in a circle: ${[...running, name].join(' → ')}`)
    running.add(name)
    const holder = { exports: {} as Record<string, unknown> }
    try {
      module.body(holder.exports, (asked: string) => imported(resolve(name, asked)), holder)
    } catch (error) {
      // The next importer meets the same error, not half a module.
      module.failure = { error }
      throw error
    } finally {
      running.delete(name)
    }
    if (name.startsWith('pkg/') && Object.keys(holder.exports).some(key => key !== 'default')) {
      module.failure = { error: new Error('a manifest exports its package alone, as its default export') }
      throw module.failure.error
    }
    freeze(holder.exports.default)
    module.exports = holder.exports
    return holder.exports
  }
  // What a transpiler makes of `import x from` differs with the package.json around the file; a
  // module that *is* its default export reads the same either way.
  const imported = (name: string): unknown => {
    const exports = load(name)
    return name.startsWith('pkg/') ? exports.default : exports
  }
  const resolve = (from: string, asked: string): string => {
    if (!asked.startsWith('.')) return asked
    const path = from.split('/').slice(0, -1)
    for (const part of asked.split('/')) {
      if (part === '..' && path.length > 0) path.pop()
      else if (part !== '.') path.push(part)
    }
    return path.join('/')
  }
  const define = (name: string, body: Module['body']): void => {
    modules.set(name, { body })
  }
  const evaluate = (name: string) => {
    try {
      // Through text, so that a value that is no data fails here, at its own manifest.
      return { kind: 'value', value: JSON.parse(JSON.stringify(load(name).default ?? null)) }
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : { message: String(error), stack: '' }
      return { kind: 'error', message: `${message}`, stack: `${stack}` }
    }
  }
  const answer = (names: readonly string[]): string => {
    // A call that was stopped for its time left its modules in here.
    running.clear()
    return JSON.stringify(names.map(evaluate))
  }
  Object.defineProperty(realm, '__modules', { value: Object.freeze({ define, load: answer }) })
}
