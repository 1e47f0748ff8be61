import vm from 'node:vm'

/** A module as the realm takes it. */
interface Definition {
  readonly name: string
  /** Names of the modules that it imports, in the order of the function's parameters. */
  readonly imports: readonly string[]
  /**
   * A function expression, from the imported modules to what the module is: its default export, or, of
   * the manifest API, all that it exports. Places in it are told as if its second line were the first.
   */
  readonly code: string
}

/** What came of evaluating one manifest: its default export as data, or why there is none. */
type Evaluated =
  | {
      readonly kind: 'value'
      readonly value: unknown
      /** What was in it that is no data, and is not in `value` therefore. */
      readonly strangers?: readonly Stranger[]
    }
  | Failure

export interface Stranger {
  readonly path: readonly (string | number)[]
  /** 'a function', 'a promise', … */
  readonly what: string
  /** That of a function which has one. */
  readonly name?: string
}

export interface Failure {
  readonly kind: 'error'
  readonly message: string
  /** What to do, when it was thrown with such advice. */
  readonly remedy?: string
  /** Names the places in modules as `NAME:LINE` or `NAME:LINE:COLUMN`, the innermost first. */
  readonly stack: string
  /** When it is an import that failed. */
  readonly importing?: { readonly by: string; readonly name: string; readonly missing: boolean }
}

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
    this.#run(`(${loader})(${JSON.stringify(AMBIENT)})`, { filename: 'realm' })
  }

  /** Makes a module known by its name; it runs when it is first asked for. Answers why it cannot be run. */
  define({ name, imports, code }: Definition): Failure | undefined {
    // In parentheses the function is compiled at once, and not a second time when it runs. It sees no `__modules`.
    const head = `'use strict';__modules.define(${JSON.stringify(name)}, ${JSON.stringify(imports)}, (__modules => (`
    try {
      this.#run(`${head}${code}))())`, { filename: name, lineOffset: -1 })
      return undefined
    } catch (error) {
      // A SyntaxError of the realm or one of ours, which are two classes: its name tells, and not instanceof.
      const { name: kind, message, stack = '' } = error as Error
      if (kind !== 'SyntaxError') throw error
      // NAME:LINE, the line, and a mark below the column.
      const [place = '', , mark = ''] = stack.split('\n')
      return { kind: 'error', message, stack: `${place}:${mark.indexOf('^') + 1}` }
    }
  }

  /** Evaluates modules that were defined, and what they import. */
  load(names: readonly string[]): readonly Evaluated[] {
    // A call with a time limit costs a thread, so all modules share one. Only if it does not end in time is each
    // tried alone, to find out which one it is.
    const all = this.#evaluate(names)
    return all ?? names.map(name => this.#evaluate([name])?.[0] ?? NEVER_ENDS)
  }

  /** The names that a module exports; none as long as it did not run, or failed. */
  exportsOf(name: string): readonly string[] {
    const names = this.#run(`__modules.exportsOf(${JSON.stringify(name)})`, { filename: 'realm' })
    return JSON.parse(String(names)) as readonly string[]
  }

  /** Undefined when it did not end in time. */
  #evaluate(names: readonly string[]): readonly Evaluated[] | undefined {
    try {
      const answer = this.#run(`__modules.load(${JSON.stringify(names)})`, {
        filename: 'realm',
        timeout: TIME_LIMIT_MS,
      })
      return JSON.parse(String(answer)) as readonly Evaluated[]
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
      throw error
    }
  }

  #run(code: string, options: vm.RunningCodeOptions & vm.ScriptOptions): unknown {
    return vm.runInContext(code, this.#context, options)
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
  ['Temporal', 'the clock'],
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
  ['ShadowRealm', 'another realm'],
]

/** Runs inside of the realm, from its text: must not use anything of this module. */
function loader(ambient: readonly (readonly [string, string])[]): void {
  const realm = globalThis
  interface Module {
    readonly imports: readonly string[]
    readonly body: (...imported: readonly unknown[]) => unknown
    exports?: Readonly<Record<string, unknown>>
    failure?: { readonly error: unknown }
  }
  class ImportError extends Error {
    readonly importing: unknown
    constructor(by: string | undefined, name: string, missing: boolean, message: string) {
      super(message)
      this.importing = { by, name, missing }
    }
  }
  const modules = new Map<string, Module>()
  const running = new Set<string>()
  const unseen = (path: string, what: string): string => `a manifest cannot see ${what} (${path})`
  const forbid = (path: string, what: string): void => {
    const parts = path.split('.')
    const last = parts.pop() as string
    // biome-ignore lint/suspicious/noExplicitAny: any object of the language
    const holder = parts.reduce((object: any, part) => object[part], realm)
    Object.defineProperty(holder, last, {
      configurable: false,
      enumerable: false,
      get() {
        throw new Error(unseen(path, what))
      },
    })
  }
  // Those that are not in the language are not here. Node 26 takes what a getter of such a name throws for its absence.
  const absent = new Map(ambient.filter(([path]) => !path.includes('.') && !(path in realm)))
  for (const [path, what] of ambient) if (!absent.has(path)) forbid(path, what)
  /** What an error says of a name that is not here. */
  const absence = (error: unknown): string | undefined => {
    const [, name = ''] =
      error instanceof ReferenceError ? (/^(\S+) is not defined$/.exec(error.message) ?? []) : []
    const what = absent.get(name)
    return what === undefined ? undefined : unseen(name, what)
  }
  Object.defineProperty(realm, 'require', {
    value: (name: string) => {
      throw new Error(`a manifest cannot import ${JSON.stringify(name)}`)
    },
  })
  // Of a stack, what is in manifests: the rest tells where this program lies, and which one it is.
  Object.defineProperty(Error, 'prepareStackTrace', {
    value: (_error: unknown, sites: readonly NodeJS.CallSite[]) =>
      sites
        .filter(site => site.getFileName()?.startsWith('pkg/'))
        .map(site => `at ${site}`)
        .join('\n'),
  })
  // RegExp.$1 and the like tell of the last match, wherever that was.
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(RegExp)))
    if (get) Reflect.deleteProperty(RegExp, name)
  const frozen = new WeakSet<object>([realm])
  const isOpen = (value: unknown): value is object =>
    ((typeof value === 'object' && value !== null) || typeof value === 'function') && !frozen.has(value)
  /** Freezes a part of the language, and all to which it leads. */
  const freezeLanguage = (value: unknown): void => {
    if (!isOpen(value)) return
    frozen.add(value)
    Object.freeze(value)
    freezeLanguage(Object.getPrototypeOf(value))
    for (const key of Reflect.ownKeys(value)) {
      const { value: inner, get, set } = Object.getOwnPropertyDescriptor(value, key) ?? {}
      for (const one of [inner, get, set]) freezeLanguage(one)
    }
  }
  for (const name of Object.getOwnPropertyNames(realm))
    freezeLanguage(Object.getOwnPropertyDescriptor(realm, name)?.value)
  // To these no name leads.
  const nameless = [[].values(), ''.matchAll(/./g), ''[Symbol.iterator](), new Map().keys(), new Set().keys()]
  for (const one of [...nameless, function* () {}, async () => {}, async function* () {}]) freezeLanguage(one)
  /** Freezes what a module is, and all that is in it. */
  const freeze = (value: unknown): void => {
    if (!isOpen(value)) return
    frozen.add(value)
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  const load = (name: string, by?: string): Readonly<Record<string, unknown>> => {
    const module = modules.get(name)
    if (!module) throw new ImportError(by, name, true, `a manifest cannot import ${JSON.stringify(name)}`)
    if (module.failure) throw module.failure.error
    if (module.exports) return module.exports
    if (running.has(name)) {
      const trail = [...running, name].join(' → ')
      throw new ImportError(by, name, false, `manifests import each other in a circle: ${trail}`)
    }
    running.add(name)
    try {
      const { imports, body } = module
      const value = body(...imports.map(asked => load(asked, name)))
      freeze(value)
      module.exports = name.startsWith('pkg/')
        ? Object.freeze({ default: value })
        : (value as Record<string, unknown>)
      return module.exports
    } catch (error) {
      // The next importer meets the same error, not half a module.
      module.failure = { error }
      throw error
    } finally {
      running.delete(name)
    }
  }
  const define = (name: string, imports: Module['imports'], body: Module['body']): void => {
    modules.set(name, { imports, body })
  }
  /** What a value is if it is no data; undefined if it is, but for what it holds. */
  const strange = (value: unknown): string | undefined => {
    if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
    if (typeof value === 'bigint') return 'a bigint'
    if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${value}`
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (value instanceof Promise) return 'a promise'
    const prototype = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return undefined
    return `an object of the class ${prototype.constructor?.name}`
  }
  /** Finds what text would lose without a word: a function goes away, a promise becomes an empty object. */
  const findStrangers = (
    value: unknown,
    path: readonly (string | number)[],
    around: readonly unknown[],
  ): void => {
    const what = around.includes(value) ? 'what holds it' : strange(value)
    if (what !== undefined)
      strangers.push({ path, what, ...(typeof value === 'function' && { name: value.name }) })
    if (what !== undefined || typeof value !== 'object' || value === null) return
    const inside = [...around, value]
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner !== 'string')
        findStrangers(inner, [...path, Array.isArray(value) ? Number(key) : key], inside)
    }
  }
  let strangers: unknown[] = []
  /** JSON of an Evaluated. */
  const evaluate = (name: string): string => {
    try {
      const value = load(name).default
      strangers = []
      findStrangers(value, [], [])
      if (strangers.length > 0) return JSON.stringify({ kind: 'value', value: null, strangers })
      return `{"kind":"value","value":${JSON.stringify(value) ?? 'null'}}`
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : { message: String(error), stack: '' }
      const importing = error instanceof ImportError ? error.importing : undefined
      const said = (error as { readonly remedy?: unknown } | undefined)?.remedy
      const remedy = typeof said === 'string' ? said : undefined
      const told = absence(error) ?? `${message}`
      return JSON.stringify({ kind: 'error', message: told, remedy, stack: `${stack}`, importing })
    }
  }
  const answer = (names: readonly string[]): string => {
    // A call that was stopped for its time left its modules in here.
    running.clear()
    return `[${names.map(evaluate).join(',')}]`
  }
  /** JSON, for only text crosses the border. */
  const exportsOf = (name: string): string => JSON.stringify(Object.keys(modules.get(name)?.exports ?? {}))
  Object.defineProperty(realm, '__modules', { value: Object.freeze({ define, load: answer, exportsOf }) })
}
